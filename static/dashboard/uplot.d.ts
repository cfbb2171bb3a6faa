/** uPlot where pages find it (config/staticfiles.py), for `tsc`: the package's own types. */

declare module "*/uplot/dist/uPlot.esm.js" {
  export { default } from "uplot";
}
