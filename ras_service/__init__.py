"""Result Aggregator Service: each batch's processing state and each essay's results."""
