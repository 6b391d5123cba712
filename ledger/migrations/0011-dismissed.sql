-- Who found that what a detector opened beyond its key was nothing: the incident ended before it ran.
alter table leaks add column dismissed_by text;

alter table leaks add column dismissed_at timestamptz;

alter table incidents add column found int not null default 0; -- credentials that alerts brought while it ran

-- Credentials that alerts brought while their incident ran: sealed under a number of their own, offered to people as a widening.
create table found_credentials (
  incident text not null,
  fingerprint text not null,                   -- under the installation's key
  number int not null,
  at timestamptz not null default clock_timestamp(),
  primary key (incident, fingerprint),
  unique (incident, number)
);
