-- To an OAuth client that the operator did not name, the tables of a user are empty, whatever other policies let its user see.

create policy "No client but the accepted ones sees credentials" on byok.credentials
  as restrictive for all to authenticated using ((select byok.is_client_accepted((select auth.jwt()))));
create policy "No client but the accepted ones sees accounts" on byok.accounts
  as restrictive for all to authenticated using ((select byok.is_client_accepted((select auth.jwt()))));
create policy "No client but the accepted ones sees holds" on byok.holds
  as restrictive for all to authenticated using ((select byok.is_client_accepted((select auth.jwt()))));
create policy "No client but the accepted ones sees entries" on byok.entries
  as restrictive for all to authenticated using ((select byok.is_client_accepted((select auth.jwt()))));

comment on policy "No client but the accepted ones sees credentials" on byok.credentials is 'A third party''s token carries the role and the id of its user.';
comment on policy "No client but the accepted ones sees accounts" on byok.accounts is 'A third party''s token carries the role and the id of its user.';
comment on policy "No client but the accepted ones sees holds" on byok.holds is 'A third party''s token carries the role and the id of its user.';
comment on policy "No client but the accepted ones sees entries" on byok.entries is 'A third party''s token carries the role and the id of its user.';
