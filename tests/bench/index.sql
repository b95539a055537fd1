-- Makes an index again, with memory to do it in: `definition`.
set maintenance_work_mem = '1GB';
:definition;
