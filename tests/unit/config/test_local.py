from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from config.local import local_variables


def test_the_file_is_made_once_and_kept(tmp_path):
    path = tmp_path / "var" / "local.env"
    first = local_variables(path, {})
    assert len(first["SECRET_KEY"]) >= 50
    assert local_variables(path, {}) == first


def test_only_its_owner_may_read_the_file(tmp_path):
    path = tmp_path / "local.env"
    local_variables(path, {})
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_commands_that_start_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "local.env"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: local_variables(path, {})["SECRET_KEY"], range(32)))
    assert len(keys) == 1


def test_what_somebody_wrote_into_the_file_is_read_and_the_process_wins(tmp_path):
    path = tmp_path / "local.env"
    path.write_text("# mine\nSECRET_KEY=from the file\n\nPORT = 9000\nDATABASE_URL=sqlite:////a=b\n")
    variables = local_variables(path, {"PORT": "9001"})
    assert variables == {"SECRET_KEY": "from the file", "PORT": "9001", "DATABASE_URL": "sqlite:////a=b"}
