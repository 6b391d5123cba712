-- Whether an incident waits for a person is said once, where it is opened, and in the same transaction; no alert after changes it.
alter table incidents add column held boolean not null default false;

update incidents set held = true
where state = 'declared' and closed_at is null and exists (select 1 from leaks where incident = id and leaks.held);

alter table leaks add column offered boolean not null default false; -- its incident did not come of it, it was only offered to it

alter table leaks add column round int not null default 0;           -- how often an alert started anew after such an offer

update leaks set offered = true where detector = 'found';

alter table found_credentials alter column number drop not null;     -- null: there were too many, it was neither sealed nor offered
