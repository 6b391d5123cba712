-- What detectors delivered, by the ids that their proof covers: kept for thirty days, so that no replay acts again.
create table deliveries (
  detector text not null,
  id text not null,
  body_hash text not null,
  at timestamptz not null default clock_timestamp(),
  answer jsonb,                                -- null until it was answered: what broke off is taken up again
  primary key (detector, id)
);

create index deliveries_by_time on deliveries (at);

-- What alerts are about: one subject, one incident, whichever detector speaks of it. The key is a keyed hash.
create table leaks (
  key text primary key,
  detector text not null,                      -- whose alert came first; the request is opened in its name
  incident text,                               -- null until it is opened
  first_at timestamptz not null default clock_timestamp(),
  alerts int not null default 0,
  told int not null default 0,                 -- how many of them the incident knows of
  told_at timestamptz,
  held boolean not null default false,         -- opened beyond the detector's key: nothing runs until a person releases it
  released_by text,
  released_at timestamptz
);

create index leaks_by_incident on leaks (incident);

create index leaks_by_detector on leaks (detector, first_at);

-- One row an alert: what it was and what became of it, never its content.
create table alerts (
  id bigint generated always as identity primary key,
  detector text not null,
  event text not null,
  kind text not null,
  severity text,
  mode text,
  outcome text not null,
  incident text,
  code text,
  times int not null default 1,
  first_at timestamptz not null default clock_timestamp(),
  last_at timestamptz not null default clock_timestamp(),
  unique (detector, event, kind)
);

-- Refused requests, counted an hour: a flood of forgeries is a number, not a table.
create table refusals (
  detector text not null,
  code text not null,
  hour timestamptz not null,
  times int not null default 1,
  last_from text not null,                     -- address of the newest
  last_at timestamptz not null default clock_timestamp(),
  primary key (detector, code, hour)
);
