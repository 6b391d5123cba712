create table installation (
  id boolean primary key default true check (id),
  fingerprint_key bytea not null,              -- wrapped by the key-encryption key
  key_check bytea not null                     -- a known text, wrapped: tells a wrong key at once
);

create table incident_numbers (
  kind text not null,                          -- INC, DRL
  year int not null,
  last int not null,
  primary key (kind, year)
);

create table incidents (
  number int generated always as identity primary key,
  id text not null unique,
  mode text not null,
  state text not null,
  playbook text not null,
  plan_hash text not null,
  requester text not null,
  inputs jsonb not null,
  roles jsonb not null,
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  record_key bytea not null,                   -- wrapped; seals documents, proves dataset rows; kept with the record
  subject_key bytea,                           -- wrapped; HMAC of person ids; destroyed with the people's key
  secrets_key bytea,                           -- wrapped; null once destroyed
  people_key bytea
);

create table inbox (
  requester text not null,
  key text not null,
  request_hash text not null,
  incident text,                               -- null only inside the transaction that opens it
  at timestamptz not null default clock_timestamp(),
  primary key (requester, key)
);

create table datasets (
  id uuid primary key,
  incident int not null references incidents (number),
  step text not null,
  visit int not null,
  part text not null,
  kind text not null,
  count int not null,
  digest text not null,
  unique (incident, step, visit, part)
);

create table dataset_rows (
  dataset uuid not null references datasets (id),
  position int not null,
  subject text not null,
  attributes jsonb not null,
  salt bytea not null,
  proof bytea not null,                        -- HMAC over place, subject and attributes: a row changed from outside is seen
  sealed bytea,                                -- null once destroyed
  primary key (dataset, position)
);

create table permits (
  id text primary key,
  incident text not null,
  state text not null default 'open',
  gate text
);

create table leases (
  id text primary key,
  permit text not null,
  epoch bigint not null
);

-- The key is sha256(incident, action, subject)[:16]: one column, so that a fresh database without statistics reads by it.
create table effects (
  id bytea primary key,
  incident int not null,
  action text not null,
  subject text not null,
  params_hash bytea not null,
  state text not null,
  generation smallint not null default 1,
  attempt int not null default 1,
  lease text,
  epoch bigint,
  code text,
  first_claim_at timestamptz,
  claimed_at timestamptz,
  settled_at timestamptz,
  not_before timestamptz
) with (fillfactor = 70);

-- Without the state: an update of a row then touches no index (HOT), which is worth more than a quick count.
create index effects_by_action on effects (incident, action);

create table receipts (
  id bigint generated always as identity primary key,
  effect bytea not null,
  generation smallint not null,
  attempt int,
  lease text,
  epoch bigint,
  kind text not null,
  state text not null,
  at timestamptz not null default clock_timestamp(),
  body text not null                           -- JSON; text keeps what jsonb would refuse (U+0000) or rewrite
);

create index receipts_by_effect on receipts (effect);

create table limits (
  incident int not null,
  action text not null,
  used bigint not null default 0,
  max bigint not null,
  primary key (incident, action)
);

create table reservations (
  lease text primary key,
  incident int not null,
  action text not null,
  n int not null
);

create table buckets (
  name text primary key,
  rate float8 not null,
  cap float8 not null,
  tokens float8 not null,
  at timestamptz not null,
  blocked_until timestamptz
);

create table heads (
  incident int primary key,
  seq bigint not null,
  hash text not null
);

create table journal (
  incident int not null,
  seq bigint not null,
  key text not null,
  at text not null,
  kind text not null,
  actor text not null,
  body text not null,                          -- canonical JSON, as hashed
  prev_hash text not null,
  hash text not null,
  primary key (incident, seq),
  unique (incident, key)
);

create table documents (
  id uuid primary key,
  incident int not null references incidents (number),
  name text not null,
  version int not null,
  media_type text not null,
  digest text not null,
  bytes int not null,
  created_at timestamptz not null default clock_timestamp(),
  created_by text not null,
  handling jsonb not null,
  sealed bytea not null,
  unique (incident, name, version)
);

create table plans (
  hash text primary key,
  body text not null,                          -- JSON as compiled; text keeps what jsonb would rewrite
  documents text[] not null
);

create table plan_documents (
  hash text primary key,
  kind text not null,
  name text not null,
  body text not null
);

create table duties (
  incident int not null references incidents (number),
  kind text not null,                          -- filing, follow-up, ticket, obligations
  id text not null,
  body jsonb not null,
  at timestamptz not null default clock_timestamp(),
  primary key (incident, kind, id)
);
