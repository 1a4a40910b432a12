"""What is measured: each module is one question, and gives rows of the table and the runs behind them."""
