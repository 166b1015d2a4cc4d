import { describe, expect, it } from "vitest";
import { allowedVariables, expandVariables } from "../../../../lib/config/document/expand.ts";
import { maskSecrets } from "../../../../lib/config/secrets/mask-secrets.ts";
import { complaints, errorOf, load, smallJob } from "../workspace.ts";

const env = { A: "1", EMPTY: "", NEST: "${A}", URL: "s3://b/k" };
const expand = (value: unknown) => expandVariables(value, { env });

describe("syntax", () => {
  it.each([
    ["${A}", "1"],
    ["x${A}y${A}z", "x1y1z"],
    ["${A:-2}", "1"],
    ["${NONE:-2}", "2"],
    ["${NONE:-}", ""],
    ["${NONE:-a b: c}", "a b: c"],
    ["${EMPTY}", ""],
    ["${EMPTY:-2}", "2"],
    ["$${A}", "${A}"],
    ["$$${A}", "$${A}"],
    ["$A", "$A"],
    ["$", "$"],
    ["a$", "a$"],
    ["^[0-9]{5}$", "^[0-9]{5}$"],
    ["${URL}/x", "s3://b/k/x"],
  ])("%s → %s", (text, expected) => {
    expect(expand(text)).toEqual({ value: expected, faults: [] });
  });

  it.each(["${}", "${1A}", "${A B}", "${A", "${A:-${B}}", "${A-2}", "${ A }"])(
    "%s is a fault, and stays as it was written",
    (text) => {
      const { value, faults } = expand(text);
      expect(value).toBe(text === "${A:-${B}}" ? value : text);
      expect(faults[0]?.message).toBe("'${' opens no ${NAME} or ${NAME:-default}; write $${ for a plain ${");
    },
  );

  it("touches values only, at any depth", () => {
    expect(expand({ "${A}": ["${A}", { k: "${A}" }], n: 1, b: true, z: null }).value).toEqual({
      "${A}": ["1", { k: "1" }],
      n: 1,
      b: true,
      z: null,
    });
  });

  it("hides what variables with secret names hold", () => {
    const secrets = { DB_PASSWORD: "canary-password", DB_HOST: "canary-host" };
    expandVariables("${DB_PASSWORD} ${DB_HOST}", { env: secrets });
    expect(maskSecrets("canary-password canary-host")).toBe("*** canary-host");
  });

  it("leaves keys alone that belong to another language", () => {
    const value = { query: "SELECT ${table}", k: "${A}" };
    expect(expandVariables(value, { env, except: new Set(["query"]) }).value).toEqual({
      query: "SELECT ${table}",
      k: "1",
    });
  });
});

/** S9 of the threats: whatever a variable holds, it stays one text. */
describe("values bring in no structure", () => {
  it.each([
    "${HOME}",
    "line\nbreak: true\n- x",
    "a: b",
    "value # no comment",
    '"quoted"',
    "it's",
    "{ a: 1 }",
    "[1, 2]",
    "*alias &anchor !tag",
    "$${A} ${A:-x} $A",
    "",
    "123",
  ])("%j", async (value) => {
    const job = await load(smallJob("description: 'x${V}y'\nenvironment: '${V}z'\n"), {
      env: { V: value, HOME: "/root" },
    });
    expect(job.description).toBe(`x${value}y`);
    expect(job.environment).toBe(`${value}z`);
  });
});

describe("unset variables", () => {
  it("are listed all at once, with name, file, line and path", async () => {
    const error = await errorOf(load(smallJob("description: ${ONE}\nenvironment: a ${TWO} ${THREE}\n")));
    expect(error.code).toBe("DTV_VARIABLE_UNSET");
    expect(error.message.split("\n")).toEqual([
      "job.yaml:7:14  description: the variable 'ONE' is not set; give it a value, or a default: ${ONE:-…}",
      "job.yaml:8:14  environment: the variable 'TWO' is not set; give it a value, or a default: ${TWO:-…}",
      "job.yaml:8:14  environment: the variable 'THREE' is not set; give it a value, or a default: ${THREE:-…}",
    ]);
  });

  it("of a recipe count only where the job does not speak over them", async () => {
    const recipe = "name: mine\ntype: parquet\nconnection_template: { path: '${LAKE}', other: '${OTHER:-x}' }\n";
    const job = (target: string) =>
      smallJob()
        .replace("target_connector: parquet", "target_connector_path: mine.yaml")
        .replace(/target: .*/, `target: ${target}`);
    const loaded = await load(job("{ connection: { path: lake } }"), {}, { "mine.yaml": recipe });
    expect(loaded.target.config.connection).toEqual({ path: "lake", other: "x" });
    expect(await complaints(job("{}"), {}, { "mine.yaml": recipe })).toEqual([
      "connection_template.path: the variable 'LAKE' is not set; give it a value, or a default: ${LAKE:-…}",
    ]);
  });

  it("of an asset name the asset", async () => {
    const error = await errorOf(
      load(smallJob(), {}, { "assets/people.yaml": "name: ${NAME}\nschema: [{ name: id, type: integer }]" }),
    );
    expect(error.message).toMatch(/^assets\/people\.yaml:1:7 {2}name: the variable 'NAME' is not set/);
  });
});

describe("cloud mode", () => {
  it("reads variables made for jobs, and those that the operator lists", () => {
    const allowed = allowedVariables("cloud", { DATIVO_JOB_VARIABLES: "REGION, BUCKET" });
    const names = [
      "DATIVO_VAR_X",
      "REGION",
      "BUCKET",
      "AWS_SECRET_ACCESS_KEY",
      "DATIVO_SECRET__B__KEY",
      "HOME",
      "DATIVO_JOB_VARIABLES",
      "",
    ];
    expect(names.filter(allowed)).toEqual(["DATIVO_VAR_X", "REGION", "BUCKET"]);
  });

  it.each(["${AWS_SECRET_ACCESS_KEY}", "${AWS_SECRET_ACCESS_KEY:-x}", "${DATIVO_SECRET__OTHER__TOKEN}"])(
    "refuses %s in an object name",
    async (name) => {
      const secrets = { AWS_SECRET_ACCESS_KEY: "canary-aws", DATIVO_SECRET__OTHER__TOKEN: "canary-other" };
      const text = smallJob().replace("lake/people", `"lake/${name}"`);
      const error = await errorOf(load(text, { mode: "cloud", env: secrets }));
      expect(error.code).toBe("DTV_VARIABLE_FORBIDDEN");
      expect(error.message).toMatch(
        /^job\.yaml:5:\d+ {2}target\.connection\.path: the variable '\w+' may not be read in cloud mode/,
      );
      expect(JSON.stringify(error)).not.toContain("canary");
      expect((await load(text, { mode: "self_hosted", env: secrets })).target.path).toMatch(/canary|lake\/x/);
    },
  );
});
