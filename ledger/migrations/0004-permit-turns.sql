-- In which order the engine decided the flips of a permit: one that comes late changes nothing.
alter table permits add column turn bigint not null default 0;
