-- Open top-ups 1 to $sales of $clients clients, each a sale in the state that its receipt finds it in.
-- Sales and clients have their numbers as ids.

insert into client (client_id, org_id, phone, name, registered_at)
select lpad(to_hex(n), 32, '0')::uuid, '$org', '+7' || lpad(n::text, 10, '0'), 'Иванов Иван', now()
from generate_series(1, $clients) n;

insert into account (account, org_id, client_id)
select kind || client_id, org_id, client_id from client, unnest(array['client:', 'held:']) kind;

insert into shift (shift_id, org_id, club_id, till_id, state, float_kopecks, opened_at, opened_by)
values ('$shift', '$org', '$club', '$till', 'open', 0, now(), '{}');

insert into sale (
    sale_id, client_id, org_id, club_id, till_id, shift_id, what, session_state, total_kopecks,
    state, attempt, receipt, handed_over, opened_at, pay_by, lines, sold_by
)
select
    lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % $clients + 1), 32, '0')::uuid, '$org', '$club', '$till', '$shift',
    'top_up', 'none', 100000, 'fiscalising', 1, 'ordered', false, now(), now() + interval '1 day',
    '[{"name": "Аванс", "quantity": 1, "price_kopecks": 100000, "amount_kopecks": 100000, "subject": "advance"}]',
    '{"member_id": "00000000-0000-0000-0000-000000000007", "name": "Анна К.", "inn": null}'
from generate_series(1, $sales) n;

insert into tender (sale_id, kind, amount_kopecks, received_kopecks, state)
select sale_id, 'cash', total_kopecks, total_kopecks, 'held' from sale;
