"""action.yml, the hooks and the GitLab job do what they say: their own scripts are run here.

What GitHub does around a composite action is done by ``Runner``: expressions in
``env`` and ``if``, one bash for each step, files for outputs and the summary.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx
import pytest
import yaml
from onnx import TensorProto, helper

from tests.conftest import copy_of_the_repository

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def relu(path: Path, op: str = "Relu") -> None:
    """A one-operator model that fits ("Relu") or is refused ("Elu")."""
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, 64, 64]) for n in "xy")
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], name="n")], "g", [x], [y])
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def python_in(tools: Path) -> None:
    """The Python of these tests, as ``python`` in ``tools``."""
    (tools / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (tools / "python").chmod(0o755)


IMPORTED = (
    "click", "ctypes", "ensurepip", "json", "numpy", "onnx", "pip", "rich", "runpy", "sensorfit", "sitecustomize", "tomli", "typing",
    "usercustomize", "venv",
)  # fmt: skip
"""What some step imports, or Python on its way."""


def hostile(folder: Path) -> None:
    """A repository with a module of each name; importing any leaves a file PWNED."""
    for name in IMPORTED:
        (folder / f"{name}.py").write_text(f"open({str(folder / 'PWNED')!r}, 'a').write({name!r})\n")


@dataclass
class Runner:
    """Runs the steps of a composite action in ``folder``, as GitHub's runner would."""

    action: dict[str, Any]
    folder: Path
    inputs: dict[str, str]
    context: dict[str, str]
    path: str = os.environ["PATH"]
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Other actions that were called, and with what."""

    def value(self, expression: str) -> str:
        if expression.startswith("inputs."):
            name = expression.removeprefix("inputs.")
            return self.inputs.get(name, EXPRESSION.sub("", self.action["inputs"][name]["default"]))
        if expression.startswith("steps."):
            _, step, _, name = expression.split(".")
            return self.steps.get(step, {}).get(name, "")
        return self.context[expression]

    def wanted(self, condition: str) -> bool:
        parts = [re.split(r"\s*(==|!=)\s*", part.strip()) for part in condition.split("&&")]
        return all((self.value(left) == right.strip("'")) == (how == "==") for left, how, right in parts)

    def run(self, skip: tuple[str, ...] = ()) -> int:
        """Exit code of the first step that fails, 0 when all pass."""
        for step in self.action["runs"]["steps"]:
            if step.get("id") in skip or ("if" in step and not self.wanted(step["if"])):
                continue
            if "uses" in step:
                with_ = {k: EXPRESSION.sub(lambda m: self.value(m[1]), v) for k, v in step["with"].items()}
                self.used.append((step["uses"], with_))
                continue
            assert "${{" not in step["run"], "an expression inside a script would run what a stranger wrote"
            outputs = self.folder / "outputs"
            outputs.write_text("")
            env = {k: EXPRESSION.sub(lambda m: self.value(m[1]), v) for k, v in step.get("env", {}).items()}
            files = {
                "GITHUB_OUTPUT": str(outputs),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
                "RUNNER_TEMP": str(self.folder / "temp"),
            }
            script = self.folder / "script.sh"
            script.write_text(step["run"])
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.folder / "repo", env={**os.environ, "PATH": self.path, **files, **env}, capture_output=True, text=True,
            )  # fmt: skip
            self.log += done.stdout + done.stderr
            if "id" in step:
                self.steps[step["id"]] = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
            if done.returncode and not step.get("continue-on-error"):
                return done.returncode
        return 0


@pytest.fixture
def runner(root: Path, tmp_path: Path) -> Any:
    """``runner(inputs)``: a Runner whose install step is replaced by this very checkout."""
    (tmp_path / "temp").mkdir()
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    python_in(tools)
    # GitHub's own client writes down what it is asked for.
    (tools / "gh").write_text(
        f'#!/bin/sh\necho "$@" >> "{tmp_path}/asked"\ncase "$*" in *--jq*) cat "{tmp_path}/comments" 2>/dev/null;; esac\nexit 0\n'
    )
    (tools / "gh").chmod(0o755)
    action = yaml.safe_load((root / "action.yml").read_text(encoding="utf-8"))

    def make(**inputs: str) -> Runner:
        context = {
            "github.action_path": str(root), "github.event_name": "pull_request", "github.repository": "o/r",
            "github.event.pull_request.number": "7", "github.token": "t",
        }  # fmt: skip
        made = Runner(action, tmp_path, inputs, context, f"{tools}{os.pathsep}{os.environ['PATH']}")
        made.steps["install"] = {"bin": str(tools)}
        return made

    return make


def test_the_action_passes_and_leaves_its_reports(runner: Any, tmp_path: Path) -> None:
    relu(tmp_path / "repo" / "models" / "good.onnx")
    made = runner(models="models/*.onnx")
    assert made.run(skip=("install",)) == 0, made.log
    assert made.steps["check"]["exit-code"] == "0"
    assert (tmp_path / "repo" / "sensorfit.sarif").is_file()
    assert "fits" in (tmp_path / "summary").read_text(encoding="utf-8")
    assert "::notice file=models/good.onnx" in made.log
    assert not (tmp_path / "asked").exists()


def test_the_action_fails_with_the_worst_code_after_it_has_reported(runner: Any, tmp_path: Path) -> None:
    relu(tmp_path / "repo" / "models" / "good.onnx")
    relu(tmp_path / "repo" / "models" / "my bad.onnx", "Elu")
    made = runner(models="models/good.onnx\nmodels/my bad.onnx\n", comment="true")
    assert made.run(skip=("install",)) == 1, made.log
    assert made.steps["check"]["exit-code"] == "1"
    assert "my bad.onnx" in (tmp_path / "summary").read_text(encoding="utf-8")
    asked = (tmp_path / "asked").read_text()
    assert "--method POST repos/o/r/issues/7/comments" in asked


def test_the_action_offers_the_fixed_models(runner: Any, tmp_path: Path) -> None:
    """Refused ones that are helped, under their paths; the verdict is that of what lies in the repository."""
    relu(tmp_path / "repo" / "good.onnx")
    relu(tmp_path / "repo" / "models" / "my <b>bad</b>.onnx", "Elu")
    relu(tmp_path / "repo" / "lost.onnx", "Sign")
    made = runner(models="good.onnx\nmodels\nlost.onnx\n", fix="fixed-models")
    assert made.run(skip=("install",)) == 1, made.log
    ((used, given),) = made.used
    assert used.startswith("actions/upload-artifact@") and given["name"] == "fixed-models"
    files = [p for p in Path(given["path"]).rglob("*") if p.is_file()]
    assert [p.relative_to(given["path"]).as_posix() for p in files] == ["models/my <b>bad</b>.onnx"]
    assert "Elu" not in {n.op_type for n in onnx.load(files[0]).graph.node}
    told = (tmp_path / "summary").read_text(encoding="utf-8").splitlines()[-1]
    assert "1 rewrite, all operators accepted" in told and "<b>" not in told


@pytest.mark.parametrize("models", ["good.onnx", "lost.onnx", "absent.onnx"])
def test_the_action_offers_nothing_where_nothing_is_fixed(runner: Any, tmp_path: Path, models: str) -> None:
    relu(tmp_path / "repo" / "good.onnx")
    relu(tmp_path / "repo" / "lost.onnx", "Sign")
    made = runner(models=models, fix="fixed-models")
    assert made.run(skip=("install",)) == {"good.onnx": 0, "lost.onnx": 1, "absent.onnx": 2}[models]
    assert made.used == []


def test_a_second_run_edits_its_comment(runner: Any, tmp_path: Path) -> None:
    relu(tmp_path / "repo" / "good.onnx")
    (tmp_path / "comments").write_text("4711\n")
    assert runner(models="good.onnx", comment="true").run(skip=("install",)) == 0
    assert "--method PATCH repos/o/r/issues/comments/4711" in (tmp_path / "asked").read_text()


def test_the_action_passes_its_inputs_on_and_runs_none_of_them(runner: Any, tmp_path: Path) -> None:
    relu(tmp_path / "repo" / "bad.onnx", "Elu")
    assert runner(models="bad.onnx", **{"fail-on": "never"}).run(skip=("install",)) == 1  # the verdict stays
    made = runner(
        models='$(touch hacked) `touch hacked` ;touch hacked "; touch hacked', profile="$(touch hacked)"
    )
    assert made.run(skip=("install",)) == 2
    assert not (tmp_path / "repo" / "hacked").exists()
    (tmp_path / "repo" / "ci.toml").write_text('models = ["bad.onnx"]\n')
    assert runner(config="ci.toml").run(skip=("install",)) == 1
    assert runner(models="absent.onnx").run(skip=("install",)) == 2


@pytest.fixture
def installed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No checkout on the path: it would hide what an environment of its own holds."""
    monkeypatch.delenv("PYTHONPATH", raising=False)


@pytest.mark.packaging
@pytest.mark.usefixtures("installed_only")
def test_the_actions_install_step_makes_a_working_command(runner: Any, tmp_path: Path) -> None:
    relu(tmp_path / "repo" / "good.onnx")
    hostile(tmp_path / "repo")
    made = runner(models="good.onnx", python=sys.executable)
    made.context["github.action_path"] = str(copy_of_the_repository(tmp_path / "action"))
    assert made.run() == 0, made.log
    assert made.steps["install"]["bin"].startswith(str(tmp_path / "temp"))
    assert not (tmp_path / "repo" / "PWNED").exists()


@pytest.mark.parametrize("file", ["action.yml", "docs/ci/gitlab.yml"])
def test_every_python_of_the_ci_files_is_isolated(root: Path, file: str) -> None:
    """-I: without the working directory, PYTHONPATH and the user's own packages; a module is run, no script of the workspace."""
    started = re.findall(
        r"""^[ -]*"?(?:\$bin/|\$BIN/)?\$?python"? .*""",
        (root / file).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert len(started) >= 2
    assert all(re.search(r'python"? -I -m (venv|pip|sensorfit[.a-z_]*) ', line) for line in started), started


@pytest.mark.parametrize("path", [None, "", ".", "{here}", ":"], ids=str)
def test_the_action_imports_nothing_from_the_repository(
    runner: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    relu(tmp_path / "repo" / "good.onnx")
    hostile(tmp_path / "repo")
    if path is not None:
        monkeypatch.setenv("PYTHONPATH", path.format(here=tmp_path / "repo"))
    made = runner(models="good.onnx")
    assert made.run(skip=("install",)) == 0, made.log
    assert not (tmp_path / "repo" / "PWNED").exists()


@pytest.mark.parametrize("path", [None, "", ":/nowhere"], ids=str)
def test_the_command_imports_nothing_from_the_directory_it_runs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str | None
) -> None:
    """As a console script has it, and with an empty entry in PYTHONPATH, which stands for that directory."""
    relu(tmp_path / "good.onnx")
    for name in ("click", "ctypes", "json", "numpy", "onnx", "rich", "tomli"):
        (tmp_path / f"{name}.py").write_text("open('PWNED', 'a')\n")
    if path is not None:
        monkeypatch.setenv("PYTHONPATH", path)
    (tmp_path / ".git").mkdir()
    script = tmp_path / "bin" / "sensorfit"
    script.parent.mkdir()
    script.write_text("import sys\nfrom sensorfit.cli import main\nsys.exit(main())\n")
    for command in ([str(script)], ["-c", script.read_text()]):
        done = subprocess.run(
            [sys.executable, *command, "check", "good.onnx", "--output", "r.md"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert not (tmp_path / "PWNED").exists()


@pytest.mark.parametrize("sarif", ["a.sarif\nexit-code=0", "a\rb", "a.sarif\n"])
def test_a_line_break_in_an_input_writes_no_output_of_the_step(
    runner: Any, tmp_path: Path, sarif: str
) -> None:
    relu(tmp_path / "repo" / "bad.onnx", "Elu")
    made = runner(models="bad.onnx", sarif=sarif)
    assert made.run(skip=("install",)) == 2
    assert "holds a line break" in made.log and made.steps["check"] == {}


def test_the_hooks_name_a_command_that_exists(root: Path) -> None:
    hooks = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [h["id"] for h in hooks] == ["sensorfit", "sensorfit-all"]
    for hook in hooks:
        assert hook["entry"] == "sensorfit check" and hook["language"] == "python"
        assert re.search(hook["files"], "models/net.onnx") and not re.search(hook["files"], "net.onnx.txt")


@pytest.mark.packaging
@pytest.mark.usefixtures("installed_only")
def test_pre_commit_refuses_a_model_that_does_not_fit(root: Path, tmp_path: Path) -> None:
    """For real: a clone of this repository as the hook's source, a scratch repository that uses it."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"]
    source = copy_of_the_repository(tmp_path / "source")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=source, check=True, capture_output=True)
    revision = subprocess.run(
        [*git, "rev-parse", "HEAD"], cwd=source, check=True, capture_output=True, text=True
    ).stdout.strip()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    config = {"repos": [{"repo": str(source), "rev": revision, "hooks": [{"id": "sensorfit"}]}]}
    (scratch / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    subprocess.run([*git, "init", "-q"], cwd=scratch, check=True)
    relu(scratch / "good.onnx")
    env = {
        **os.environ,
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "PIP_CONSTRAINT": str(root / "constraints.txt"),
    }

    def hooked() -> subprocess.CompletedProcess[str]:
        subprocess.run([*git, "add", "-A"], cwd=scratch, check=True, capture_output=True)
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run"], cwd=scratch, env=env, capture_output=True, text=True
        )

    done = hooked()
    assert done.returncode == 0, done.stdout + done.stderr
    relu(scratch / "bad.onnx", "Elu")
    done = hooked()
    assert done.returncode == 1
    assert "bad.onnx" in done.stdout and "Elu" in done.stdout


def test_the_documented_step_takes_the_policy_from_the_base_branch(root: Path, tmp_path: Path) -> None:
    """The step of docs/ci.md, run where a pull request changed its own thresholds, baseline and configuration."""
    steps = [
        step
        for block in re.findall(
            r"```yaml\n(steps:.*?)```", (root / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL
        )
        for step in yaml.safe_load(block)["steps"]
    ]
    (script,) = [step["run"] for step in steps if step.get("name") == "Policy of the base branch"]
    repo = tmp_path / "repo"
    relu(repo / "m.onnx", "Elu")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=repo, capture_output=True, text=True, env={**os.environ, "BASE": "main"}
        )

    def commit(*files: tuple[str, str]) -> None:
        for name, text in files:
            (repo / name).write_text(text)
        assert not run(*git, "add", "-A").returncode and not run(*git, "commit", "-qm", "x").returncode

    run("git", "init", "-qb", "main")
    commit(("sensorfit.toml", 'models = ["m.onnx"]\n'))
    run("git", "checkout", "-qb", "change")
    assert not run(sys.executable, "-I", "-m", "sensorfit", "check", "--write-baseline").returncode
    (repo / "sensorfit.toml").unlink()
    (repo / "sensorfit.toml").mkdir()  # in the way
    commit(("pyproject.toml", '[tool.sensorfit]\nfail-on = "never"\nmodels = ["m.onnx"]\n'))
    assert run(sys.executable, "-I", "-m", "sensorfit", "check").returncode == 0
    done = run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
    assert done.returncode == 0, done.stderr
    assert (repo / "sensorfit.toml").read_text() == 'models = ["m.onnx"]\n'
    assert not (repo / "pyproject.toml").exists() and not (repo / "sensorfit-baseline.json").exists()
    assert run(sys.executable, "-I", "-m", "sensorfit", "check").returncode == 1


def test_the_gitlab_jobs_script_runs(root: Path, tmp_path: Path) -> None:
    job = yaml.safe_load((root / "docs" / "ci" / "gitlab.yml").read_text(encoding="utf-8"))["sensorfit"]
    relu(tmp_path / "models" / "good.onnx")
    relu(tmp_path / "models" / "bad.onnx", "Elu")
    (tmp_path / ".git").mkdir()
    tools = tmp_path / "tools"
    tools.mkdir()
    python_in(tools)
    hostile(tmp_path)
    relu(tmp_path / "models" / "one" / "two" / "deep.onnx")
    env = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "SENSORFIT_MODELS": "models/**/*.onnx",
        "SENSORFIT_OPTIONS": "",
    }
    done = subprocess.run(
        ["bash", "-ec", "\n".join(job["script"])], cwd=tmp_path, env=env, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    for artefact in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert (tmp_path / artefact).is_file()
    for name in ("good", "bad", "deep"):  # at any depth
        assert f"{name}.onnx" in done.stdout
    assert not (tmp_path / "PWNED").exists()
    assert "cache" not in job and "PIP_CACHE_DIR" not in job["variables"]  # a merge request could fill it
