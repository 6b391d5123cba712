-- What one process at a time may do, such as posting cards; another takes it over when its time has passed.
create table turns (
  name text primary key,
  holder text not null,
  until timestamptz not null
);

-- What people did at a door while the engine was away: delivered once it answers, by the key that they had.
create table intents (
  person text not null,
  key text not null,
  act text not null,
  body jsonb,                                  -- null once it is settled
  at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  outcome text,                                -- 'done', or the code of what refused it
  primary key (person, key)
);

create index intents_waiting on intents (at) where settled_at is null;
