namespace Recs.Conformance;

public abstract partial class RecommenderConformance
{
    [SkippableFact]
    public async Task A_receipt_counts_up_by_one_per_accepted_event()
    {
        var user = NewUser();
        Assert.Equal(1, await ObserveAsync(Event(user, 0)));
        Assert.Equal(4, await ObserveAsync(Event(user, 1), Event(user, 2), Event(user, 3)));
        Assert.Equal(4, (await Recommender.ProfileAsync(user))!.Sequence);
    }

    [SkippableFact]
    public async Task A_page_after_a_receipt_is_made_from_a_state_at_or_past_it()
    {
        var user = NewUser();
        for (var i = 0; i < 20; i++)
        {
            var sequence = await ObserveAsync(Event(user, i));
            var page = await PageAsync(user, after: sequence);
            Assert.True(page.Sequence >= sequence, $"page at {page.Sequence}, receipt {sequence}");
            Assert.DoesNotContain(page.Items, item => item.Id == $"i{i}");
        }
    }

    [SkippableFact]
    public async Task Read_your_clicks_holds_while_many_users_click_at_once()
    {
        var users = Enumerable.Range(0, 32).Select(_ => NewUser()).ToArray();
        await Task.WhenAll(users.Select(async (user, u) =>
        {
            for (var i = 0; i < 15; i++)
            {
                var item = (u * 7 + i) % ItemCount;
                var sequence = await ObserveAsync(Event(user, item));
                Assert.Equal(i + 1, sequence);
                var page = await PageAsync(user, after: sequence);
                Assert.True(page.Sequence >= sequence);
                Assert.DoesNotContain(page.Items, shown => shown.Id == $"i{item}");
            }
        }));
    }

    [SkippableFact]
    public async Task Concurrent_writers_of_one_user_get_every_number_once()
    {
        var user = NewUser();
        var receipts = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => ObserveAsync(Event(user, i % ItemCount))));
        Assert.Equal(Enumerable.Range(1, 100).Select(n => (long)n), receipts.Order());
    }

    [SkippableFact]
    public async Task An_after_that_was_never_issued_is_refused()
    {
        var user = NewUser();
        await ObserveAsync(Event(user, 0));
        var refusal = await RefusedAsync(() => PageAsync(user, after: 2), RefusalKind.Invalid);
        Assert.Equal("after", refusal.Field);
        await RefusedAsync(() => PageAsync(NewUser(), after: 1), RefusalKind.Invalid);
    }

    [SkippableFact]
    public async Task A_repeated_event_id_changes_nothing()
    {
        var user = NewUser();
        var first = await Recommender.ObserveAsync([Event(user, 0, eventId: "e1"), Event(user, 1, eventId: "e2")]);
        Assert.Equal((2, 0), (first.Accepted, first.Duplicates));
        var again = await Recommender.ObserveAsync([Event(user, 0, eventId: "e1"), Event(user, 5, eventId: "e3"), Event(user, 1, eventId: "e2")]);
        Assert.Equal((1, 2), (again.Accepted, again.Duplicates));
        Assert.Equal(3, again.Sequences[user]);
    }

    [SkippableFact]
    public async Task Event_ids_of_different_users_are_different_events()
    {
        var (a, b) = (NewUser(), NewUser());
        var receipt = await Recommender.ObserveAsync([Event(a, 0, eventId: "same"), Event(b, 0, eventId: "same")]);
        Assert.Equal(2, receipt.Accepted);
    }

    [SkippableFact]
    public async Task One_bad_event_refuses_the_batch_and_names_its_index()
    {
        var user = NewUser();
        var good = Event(user, 0);
        foreach (var bad in new[]
        {
            good with { ItemId = "no-such-item" },
            good with { UserId = " " },
            good with { UserId = new string('x', Limits.MaxIdLength + 1) },
            good with { Weight = double.NaN },
            good with { Weight = -1 },
            good with { Type = InteractionType.Rating },
            good with { Type = InteractionType.Rating, Weight = 6 },
            good with { Type = (InteractionType)99 },
            good with { Revenue = -0.01 },
            good with { Timestamp = DateTimeOffset.UnixEpoch },
            good with { Timestamp = DateTimeOffset.MaxValue },
            good with { EventId = "" },
            good with { RequestId = "a\u0001b" },
        })
        {
            var refusal = await RefusedAsync(async () => await Recommender.ObserveAsync([good, good, bad, good]), RefusalKind.Invalid);
            Assert.Equal(2, refusal.Index);
            Assert.NotNull(refusal.Legal);
        }

        Assert.Null(await Recommender.ProfileAsync(user));
    }

    [SkippableFact]
    public async Task Empty_and_oversized_batches_are_refused()
    {
        await RefusedAsync(async () => await Recommender.ObserveAsync([]), RefusalKind.Invalid);
        var many = Enumerable.Repeat(Event(NewUser(), 0), Limits.MaxEventsPerBatch + 1).ToArray();
        await RefusedAsync(async () => await Recommender.ObserveAsync(many), RefusalKind.TooLarge);
    }

    [SkippableFact]
    public async Task An_import_run_again_changes_nothing_and_a_gap_is_refused()
    {
        var user = NewUser();
        var source = $"sha256:{user}";
        Interaction[] rows = [.. Enumerable.Range(0, 10).Select(i => Event(user, i))];
        Assert.Equal(10, (await Recommender.ObserveAsync(rows, new ImportRows(source, 0))).Accepted);
        var again = await Recommender.ObserveAsync(rows, new ImportRows(source, 0));
        Assert.Equal((0, 10), (again.Accepted, again.Duplicates));
        var overlap = await Recommender.ObserveAsync(rows, new ImportRows(source, 5));
        Assert.Equal((5, 5), (overlap.Accepted, overlap.Duplicates));
        await RefusedAsync(async () => await Recommender.ObserveAsync(rows, new ImportRows(source, 99)), RefusalKind.Conflict);
        Assert.Equal(15, (await Recommender.ProfileAsync(user))!.Sequence);
    }
}
