/**
 * The shapes of a dashboard, for `tsc --checkJs` and for readers. Nothing here runs.
 * What comes over the wire keeps its wire names; moments are ms since 1970 by the server's clock.
 */

import type { PageData } from "../chat/types.d.ts";

export interface Limit {
  value: number;
  /** Whether it is wrong to be above it; else below. */
  above: boolean;
  for_s: number;
  severity: Severity;
}

export type Severity = "warning" | "critical";

/** How a value is written: text, time and number fields, and the columns of tables. */
export interface Written {
  name: string;
  kind: "number" | "text" | "time";
  label: string;
  unit?: string;
  decimals?: number;
}

export interface NumberField extends Written {
  kind: "number";
  help: string;
  unit: string;
  decimals: number;
  tile: boolean;
  chart: string | null;
  /** Whether a rise is good. */
  better: "high" | "low" | null;
  limits: Limit[];
}

export interface WordField extends Written {
  kind: "text" | "time";
  help: string;
}

export interface CountsField {
  name: string;
  kind: "counts";
  label: string;
  help: string;
  unit: string;
  decimals: number;
}

export interface TableField {
  name: string;
  kind: "table";
  label: string;
  help: string;
  /** The column that names a row. */
  key: string;
  columns: Written[];
}

export type Field = NumberField | WordField | CountsField | TableField;

export interface Chart {
  name: string;
  label: string;
  unit: string;
  /** Names of number fields. */
  fields: string[];
}

export interface Stale {
  since: number;
  reason: "failed" | "slow";
  detail?: string;
}

export interface Alert {
  field: string;
  label: string;
  severity: Severity;
  value: number;
  limit: number;
  above: boolean;
  unit: string;
  since: number;
}

export interface State {
  [field: string]: any;
}

/** What the source shows, and its state as of `at`. */
export interface Description {
  name: string;
  title: string;
  about: string;
  /** null: it is pushed when something happens. */
  interval_s: number | null;
  fields: Field[];
  charts: Chart[];
  at: number | null;
  now: number;
  stale: Stale | null;
  /** Redis is away: this is what one process knows by itself. */
  alone: boolean;
  alerts: Alert[];
  state: State;
}

/** What changed since the one before. */
export interface Diff {
  at: number;
  state: State;
  stale?: Stale | null;
  alone?: boolean;
  alerts?: Alert[];
}

export type Minutes = 5 | 15 | 60;

export interface History {
  step_s: number;
  at: number[];
  fields: { [field: string]: (number | null)[] };
}

export interface Arrangement {
  /** Panel ids: `tile:<field>`, `chart:<chart>`, `table:<field>`, `counts:<field>`. */
  order: string[];
  hidden: string[];
}

/** What the page is given by the server, as JSON in its HTML. */
export interface DashboardPage extends PageData {
  dashboard: {
    name: string;
    description: Description;
    arrangement: Arrangement;
    minutes: Minutes;
  };
}

export interface ListPage extends PageData {
  dashboards: { descriptions: Description[] };
}
