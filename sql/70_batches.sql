-- Parsing, planning and committing cost more than what most statements here do, so what many requests ask for travels in one.
create function byok.run_batch(p_steps jsonb) returns table (number integer, answer jsonb, refusal jsonb)
language plpgsql
security definer
set search_path = ''
-- An account that somebody else has locked is not waited for: everybody in the batch would wait, and two batches might for each other.
set lock_timeout = '1ms'
as $$
declare
  v_step record;
  v_busy uuid[] := '{}';
  v_detail text;
begin
  for v_step in
    select s.number, r.*
    from jsonb_array_elements(p_steps) with ordinality as s (value, number)
    cross join jsonb_to_record(s.value)
      as r (
        step text, user_id uuid, team_id uuid, owner_id uuid, provider text, request_id text, operation text, model text, max_input_tokens bigint,
        max_output_tokens bigint, hold_id bigint, charge_id bigint, was_asked boolean, microcredits bigint, reason text, input_tokens bigint,
        cached_input_tokens bigint, cache_write_tokens bigint, output_tokens bigint)
  loop
    number := v_step.number;
    answer := null;
    refusal := null;
    begin
      if coalesce(v_step.owner_id, v_step.team_id, v_step.user_id) = any (v_busy) then
        raise lock_not_available;
      end if;
      case v_step.step
        when 'open_call' then
          select to_jsonb(o) into answer from byok.open_call(v_step.user_id, v_step.provider, v_step.team_id) as o;
        when 'place_hold' then
          select to_jsonb(h) into answer from byok.place_hold(
            v_step.user_id, v_step.request_id, v_step.operation, v_step.provider, v_step.model,
            v_step.max_input_tokens, v_step.max_output_tokens, v_step.team_id) as h;
        when 'charge_hold' then
          answer := to_jsonb(byok.charge_hold(v_step.owner_id, v_step.hold_id));
        when 'void_hold' then
          answer := to_jsonb(byok.void_hold(v_step.owner_id, v_step.hold_id, v_step.was_asked));
        when 'refund_charge' then
          answer := to_jsonb(byok.refund_charge(
            v_step.owner_id, v_step.charge_id, v_step.microcredits, v_step.reason,
            v_step.input_tokens, v_step.cached_input_tokens, v_step.cache_write_tokens, v_step.output_tokens));
        else
          raise undefined_function using message = 'no such step', hint = 'The Edge Functions are newer than this schema: apply the migrations.';
      end case;
    exception
      when lock_not_available then
        v_busy := v_busy || coalesce(v_step.owner_id, v_step.team_id, v_step.user_id);
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
