-- A rate that people set while a rollout runs; the stricter of it and the plan's own counts. Null: none was set.
alter table buckets add column asked_rate float8, add column asked_cap float8;

-- One row a rollout that has run a page: what progress is shown from, without the engine.
create table rollouts (
  permit text primary key,                     -- <incident>/<step>#<visit>
  incident int not null,
  step text not null,
  visit int not null,
  action text not null,
  dataset uuid not null,
  targets int not null,
  started_at timestamptz not null default clock_timestamp()
);

create index rollouts_by_incident on rollouts (incident);

-- The newest answer of each page. A repeat of a page replaces its own row, so sums are right whatever died.
create table rollout_pages (
  permit text not null,
  page int not null,
  done int not null,                           -- targets that are settled or given up
  gained int not null,                         -- of these, since the answer before
  remaining int not null,
  counts jsonb not null,                       -- effect state to number
  reasons jsonb not null,                      -- error code to number
  at timestamptz not null default clock_timestamp(),
  primary key (permit, page)
);
