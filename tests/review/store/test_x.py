def test_a(store):
    from psephos.review.store.audit_log import record, verify
    with store.write() as s:
        record(s, None, "u", "x", "y")
    with store.read() as s:
        print(verify(s, None))
def test_b(store):
    test_a(store)
