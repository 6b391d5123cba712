-- What the doors refused: one row a minute for who asked, where and why. What was said is never kept.
create table door_refusals (
  id bigint generated always as identity primary key,
  minute timestamptz not null,
  who text not null,                           -- person, key:<machine>, detector:<name>, address:<of a stranger>, others
  route text not null,                         -- method and pattern
  code text not null,
  times bigint not null,
  incident text,                               -- of the newest
  request text not null,                       -- id of the newest
  first_at timestamptz not null,
  last_at timestamptz not null,
  unique (minute, who, route, code)
);

create index door_refusals_by_who on door_refusals (who, id);

create index door_refusals_by_code on door_refusals (code, id);

create index door_refusals_by_time on door_refusals (minute);

-- Idempotency keys of acts that have no place of their own to remember them, with a hash of what was asked.
create table door_requests (
  requester text not null,
  key text not null,
  request_hash text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (requester, key)
);

create index door_requests_by_time on door_requests (at);
