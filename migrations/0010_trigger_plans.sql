-- What an event sets off goes by keys: its statements keep one plan each, as planning them anew for every event costs more
-- than running them.
alter function event_link() set plan_cache_mode = force_generic_plan;
alter function event_apply() set plan_cache_mode = force_generic_plan;
alter function count_inserted() set plan_cache_mode = force_generic_plan;
alter function count_updated() set plan_cache_mode = force_generic_plan;
alter function count_changes(uuid[], smallint[], text[], text[], int[]) set plan_cache_mode = force_generic_plan;
alter function summarise_communications() set plan_cache_mode = force_generic_plan;
alter function refresh_unit_years(uuid[], smallint[]) set plan_cache_mode = force_generic_plan;
