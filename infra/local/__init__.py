"""AWS on this machine: MiniStack and the sandbox, with the templates and the code that go to AWS deployed to them."""
