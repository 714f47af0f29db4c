"""The rewrites, one a file: ``declare`` says what a declaration holds, CONTRIBUTING.md how to add one."""
