-- Who the people of an incident are: the pseudonym that datasets and effects use, and the directory's id, sealed with the
-- people's key. Destroying that key leaves pseudonyms that lead to nobody.
create table people (
  incident int not null references incidents (number),
  subject text not null,                       -- HMAC of the directory's id under the incident's key
  sealed bytea not null,
  primary key (incident, subject)
);
