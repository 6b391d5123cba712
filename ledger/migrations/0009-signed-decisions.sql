-- Version of the engine's behaviour that an incident began with, as its door wrote it: from 4 on its decisions are signed,
-- and what opens a permit proves them. Incidents from before this column began with 3 or less.
alter table incidents add column engine_version int not null default 3;

-- What stands between a permit and its next opening.
alter table permits
  add column targets int,                      -- how many its gate showed
  add column proven text,                      -- digest of the gate whose decisions were proven
  add column ceiling int,                      -- only positions before this one: what was signed for beforehand
  add column hold text,                        -- digest of the question that its rollout holds at
  add column lifted text;                      -- digest of the question whose decisions were proven
