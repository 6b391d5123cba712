-- Raw values are destroyed by subject, in every dataset that holds the credential: part, whole, and later rounds.
create index dataset_rows_by_subject on dataset_rows (subject);
