/** The contract lies with the reports, which the joining part may import as well. */
export type * from "../report/feed.ts";
