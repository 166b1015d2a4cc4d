const required = (name, type, rules = {}) => ({ name, type, required: true, ...rules });

/**
 * The contract of TPC-H's `lineitem`: its types, all of it required, and one enum, one pattern, one range. `few_values`
 * names the columns for which a dictionary pays; a peer that cannot find out by itself is told.
 */
export const LINEITEM = {
  name: "lineitem",
  version: "1.0.0",
  fields: [
    required("l_orderkey", "integer"),
    required("l_partkey", "integer"),
    required("l_suppkey", "integer"),
    required("l_linenumber", "integer"),
    required("l_quantity", "decimal(15,2)", { minimum: 1, maximum: 50 }),
    required("l_extendedprice", "decimal(15,2)"),
    required("l_discount", "decimal(15,2)"),
    required("l_tax", "decimal(15,2)"),
    required("l_returnflag", "string", { enum: ["A", "N", "R"] }),
    required("l_linestatus", "string"),
    required("l_shipdate", "date"),
    required("l_commitdate", "date"),
    required("l_receiptdate", "date"),
    required("l_shipinstruct", "string"),
    required("l_shipmode", "string", { pattern: "^[A-Z]+( AIR)?$" }),
    required("l_comment", "string"),
  ],
  few_values: [
    "l_linenumber",
    "l_quantity",
    "l_discount",
    "l_tax",
    "l_returnflag",
    "l_linestatus",
    "l_shipdate",
    "l_commitdate",
    "l_receiptdate",
    "l_shipinstruct",
    "l_shipmode",
  ],
};
