-- Parsing, planning and committing cost more than what most statements here do, so what many requests ask for travels in one.
create function byok.run_batch(p_steps jsonb) returns table (number integer, answer json, refusal jsonb)
language plpgsql
security definer
set search_path = ''
-- An account that somebody else has locked is not waited for: everybody in the batch would wait, and two batches might for each other.
set lock_timeout = '1ms'
as $$
declare
  v_step jsonb;
  v_user_id uuid;
  v_team_id uuid;
  v_owner_id uuid;
  v_busy uuid[] := '{}';
  v_detail text;
begin
  -- The fields that a step has are taken out one by one: a record of all that there can be costs more than most steps do.
  for v_place in 0 .. jsonb_array_length(p_steps) - 1 loop
    number := v_place + 1;
    answer := null;
    refusal := null;
    v_step := p_steps -> v_place;
    begin
      v_user_id := v_step ->> 'user_id';
      v_team_id := v_step ->> 'team_id';
      v_owner_id := coalesce(v_step ->> 'owner_id', v_step ->> 'team_id', v_step ->> 'user_id');
      if v_owner_id = any (v_busy) then
        raise lock_not_available;
      end if;
      case v_step ->> 'step'
        when 'open_call' then
          answer := to_json(byok.open_call(v_user_id, v_step ->> 'provider', v_team_id, v_step -> 'call'));
        when 'place_hold' then
          answer := to_json(byok.place_hold(
            v_user_id, v_step ->> 'request_id', v_step ->> 'operation', v_step ->> 'provider', v_step ->> 'model',
            (v_step ->> 'max_input_tokens')::bigint, (v_step ->> 'max_output_tokens')::bigint, v_team_id));
        when 'charge_hold' then
          answer := to_json(byok.charge_hold(v_owner_id, (v_step ->> 'hold_id')::bigint));
        when 'void_hold' then
          answer := to_json(byok.void_hold(v_owner_id, (v_step ->> 'hold_id')::bigint, (v_step ->> 'was_asked')::boolean));
        when 'refund_charge' then
          answer := to_json(byok.refund_charge(
            v_owner_id, (v_step ->> 'charge_id')::bigint, (v_step ->> 'microcredits')::bigint, v_step ->> 'reason',
            (v_step ->> 'input_tokens')::bigint, (v_step ->> 'cached_input_tokens')::bigint,
            (v_step ->> 'cache_write_tokens')::bigint, (v_step ->> 'output_tokens')::bigint));
        else
          raise undefined_function using message = 'no such step', hint = 'The Edge Functions are newer than this schema: apply the migrations.';
      end case;
    exception
      when lock_not_available then
        v_busy := v_busy || v_owner_id;
        refusal := jsonb_build_object('code', sqlstate);
      when others then
        -- A refusal to one does not keep the others from theirs.
        get stacked diagnostics v_detail = pg_exception_detail;
        refusal := jsonb_build_object('code', sqlstate, 'message', sqlerrm, 'details', v_detail);
    end;
    return next;
  end loop;
end
$$;

comment on function byok.run_batch(jsonb) is
  'Carries out steps, [{step: open_call | place_hold | charge_hold | void_hold | refund_charge, and its parameters}], one after the other, in one transaction. A row for each, in their order: its answer, or its refusal {code, message, details} with the SQLSTATE as code. 55P03 says that the owner''s account was locked: the step is not done; send it alone.';

revoke execute on function byok.run_batch(jsonb) from public;
