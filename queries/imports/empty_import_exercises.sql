-- Takes back the staged exercises of an import, because its file must be read in another way.
-- @param import_id bigint = 1
-- @returns rows_affected
-- @timeout 30min
-- @writes
-- @budget plan: no_seqscan(import_exercises)
delete from import_exercises as e
where e.import_id = :import_id
