-- Rows on their way into datasets: a source is read for minutes, and no transaction may stay open as long. Unlogged: what a
-- crash of the server takes away is missed when the draft is counted, and the attempt begins anew.
create unlogged table dataset_drafts (
  id uuid primary key,
  incident int not null,
  step text not null,
  visit int not null
);

create index dataset_drafts_by_owner on dataset_drafts (incident, step, visit);

create unlogged table dataset_draft_rows (
  draft uuid not null,
  subject text collate "C" not null,           -- the order of a dataset: by bytes, the same in every database
  attributes jsonb not null,
  salt bytea not null,
  hash bytea not null,
  parts bytea not null,                        -- one byte a part that the row goes to: its place in the list of parts
  sealed bytea not null,                       -- sealed once for each of these parts, one after another, all of one length
  primary key (draft, subject)
);
