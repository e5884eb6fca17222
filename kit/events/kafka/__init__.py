"""Apache Kafka: a topic for each type of event, and the aggregate as the key, so that its partition keeps the order."""
