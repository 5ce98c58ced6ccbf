"use strict";
// Opened from a file, a page may not read the others, which excerpts in the search's results are made from:
// a browser logs an error for each. Then the results are titles alone.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
