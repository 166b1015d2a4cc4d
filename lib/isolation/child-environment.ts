/** What a library may need of the environment to be loaded and to find its way; all else may be secret. */
const ALLOWED = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TEMP",
  "TMP",
  "TZ",
  "LANG",
  "LANGUAGE",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "RUST_BACKTRACE",
  "SystemRoot",
];

const SPOKEN = ["TZ", "LANG", "LANGUAGE", "RUST_BACKTRACE"];

/** The environment of a plugin's process. What the plugin is told, it is told through its configuration. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const allowed = Object.entries(env).filter(([name]) => ALLOWED.includes(name) || name.startsWith("LC_"));
  return Object.fromEntries(allowed);
}

/** Of a sandbox: how to write times and texts, and a place of its own. Homes and paths are nothing to it. */
export function sandboxEnvironment(env: NodeJS.ProcessEnv, tempDir = "/"): NodeJS.ProcessEnv {
  const allowed = Object.entries(env).filter(([name]) => SPOKEN.includes(name) || name.startsWith("LC_"));
  return { ...Object.fromEntries(allowed), HOME: tempDir, TMPDIR: tempDir };
}
