import { expect, test } from "vitest";
import { HistoryProblem, httpClient } from "@/api";
import { chooseLanguage } from "@/texts";

const body = { title: "Old title", detail: "No such execution: a", hint: "Check the id." };

async function ask(code: string): Promise<HistoryProblem> {
  const own = globalThis.fetch;
  globalThis.fetch = () => Promise.resolve(Response.json({ ...body, code }, { status: 404 }));
  try {
    return await httpClient("http://127.0.0.1:1")
      .counts({})
      .then(
        () => expect.unreachable(),
        (error: unknown) => error as HistoryProblem,
      );
  } finally {
    globalThis.fetch = own;
  }
}

test("a known error has the title of the chosen language and the receiver's values", async () => {
  await chooseLanguage(["en-XA"]);
  try {
    const problem = await ask("not_found");
    expect(problem.title).toMatch(/^⟦There is no such execution or payload .*⟧$/);
    expect([problem.detail, problem.hint]).toEqual([body.detail, body.hint]);
  } finally {
    await chooseLanguage([]);
  }
});

test("an error of an unknown code is shown as the receiver writes it", async () => {
  for (const code of ["future_code", "constructor"]) {
    expect(await ask(code)).toMatchObject({ ...body, code });
  }
});
