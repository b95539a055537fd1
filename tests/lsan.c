/* What LeakSanitizer takes for lost in sanitized builds: the caches fontconfig keeps for the life
   of the process. They do not grow with what is set. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig\n";
}
