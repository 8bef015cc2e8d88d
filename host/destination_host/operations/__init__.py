"""Operations on the queue: what an operator sees of it and does to it, by HTTP and by `dkit queue`."""
