-- Who must not be told, on what basis and until when. Times are the database's; a hold is never deleted.
create table holds (
  id uuid primary key,
  incident int not null references incidents (number),
  key text not null,                           -- of the request that placed it: a repeat is the same hold
  audience text not null,
  placed_by text not null,
  basis text not null,
  placed_at timestamptz not null default clock_timestamp(),
  until timestamptz,
  lifted_at timestamptz,
  lifted_by text,
  reason text,                                 -- why it was lifted
  unique (incident, key)
);
