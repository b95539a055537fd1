-- Corrections of the files of imports.

-- name: corrections_list
select id as "id", line as "line", column_name as "column", value as "value", was as "was", corrected_at as "correctedAt",
    corrected_by_name as "correctedByName"
from import_corrections where tenant_id = current_tenant() and import_id = :import_id::uuid
order by line, column_name collate "C"

-- name: corrections_put
insert into import_corrections (tenant_id, import_id, line, column_name, value, was, corrected_by, corrected_by_name)
select current_tenant(), :import_id::uuid, r.line, :column_name::text, :value::text, r.was, :actor_id::uuid, :actor_name::text
from jsonb_to_recordset(:rows::jsonb) as r (line int, was text, idle boolean)
where not r.idle
on conflict (tenant_id, import_id, line, column_name) do update
set value = excluded.value, corrected_at = excluded.corrected_at, corrected_by = excluded.corrected_by,
    corrected_by_name = excluded.corrected_by_name

-- What says the same as the file is none.
-- name: corrections_drop_idle
delete from import_corrections k
using jsonb_to_recordset(:rows::jsonb) as r (line int, idle boolean)
where k.tenant_id = current_tenant() and k.import_id = :import_id::uuid and k.line = r.line and k.column_name = :column_name::text
    and r.idle

-- name: corrections_remove
delete from import_corrections
where tenant_id = current_tenant() and import_id = :import_id::uuid
    and id in (select value::uuid from jsonb_array_elements_text(:ids::jsonb))
