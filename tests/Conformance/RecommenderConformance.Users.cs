namespace Recs.Conformance;

public abstract partial class RecommenderConformance
{
    [SkippableFact]
    public async Task A_merged_guest_brings_its_history_and_forwards()
    {
        var (guest, user) = (NewUser(), NewUser());
        await ObserveAsync(Event(guest, 1), Event(guest, 2, InteractionType.Hide));
        await ObserveAsync(Event(user, 3));
        var merge = await Recommender.MergeAsync(guest, user);
        Assert.False(merge.AlreadyMerged);
        Assert.Equal((2L, 2L), (merge.MergedEvents, merge.Sequence));

        var page = await PageAsync(user, after: merge.Sequence, count: ItemCount);
        Assert.DoesNotContain(page.Items, i => i.Id is "i1" or "i2" or "i3");
        Assert.Equal(3, await ObserveAsync(Event(guest, 4)));
        Assert.Equal(3, (await Recommender.ProfileAsync(guest))!.Sequence);
        Assert.Equal([guest], (await Recommender.ProfileAsync(user))!.MergedGuests);

        var again = await Recommender.MergeAsync(guest, user);
        Assert.True(again.AlreadyMerged);
        Assert.Equal(3, again.Sequence);
    }

    [SkippableFact]
    public async Task Merges_in_a_circle_with_oneself_or_to_another_target_are_refused()
    {
        var (a, b, c) = (NewUser(), NewUser(), NewUser());
        await ObserveAsync(Event(a, 1));
        await ObserveAsync(Event(b, 2));
        await ObserveAsync(Event(c, 2));
        await RefusedAsync(async () => await Recommender.MergeAsync(a, a), RefusalKind.Invalid);
        await Recommender.MergeAsync(a, b);
        await RefusedAsync(async () => await Recommender.MergeAsync(b, a), RefusalKind.Conflict);
        await RefusedAsync(async () => await Recommender.MergeAsync(a, c), RefusalKind.Conflict);
    }

    [SkippableFact]
    public async Task A_chain_of_merges_ends_at_the_last_user()
    {
        var (a, b, c) = (NewUser(), NewUser(), NewUser());
        await ObserveAsync(Event(a, 1));
        await ObserveAsync(Event(b, 2));
        await Recommender.MergeAsync(a, b);
        await Recommender.MergeAsync(b, c);
        await ObserveAsync(Event(a, 5));
        var page = await PageAsync(c, count: ItemCount);
        Assert.DoesNotContain(page.Items, i => i.Id is "i1" or "i2" or "i5");
    }

    [SkippableFact]
    public async Task A_forgotten_user_and_its_guests_are_gone_and_begin_anew()
    {
        var (guest, user, other) = (NewUser(), NewUser(), NewUser());
        await ObserveAsync(Event(other, 1));
        await ObserveAsync(Event(guest, 1), Event(guest, 2));
        await ObserveAsync(Event(user, 3));
        await Recommender.MergeAsync(guest, user);
        await PageAsync(user);
        var receipt = await Recommender.ForgetAsync(guest);
        Assert.Equal(new[] { guest, user }.Order(), receipt.Ids.Order());
        Assert.Equal(0, receipt.Remaining);
        Assert.True(receipt.EventsRemoved >= 3, $"{receipt.EventsRemoved} events removed");
        Assert.Null(await Recommender.ProfileAsync(user));
        Assert.Null(await Recommender.ProfileAsync(guest));
        Assert.Equal(0, (await PageAsync(user)).Sequence);
        Assert.Equal(1, await ObserveAsync(Event(guest, 1)));
        Assert.Equal(2, await ObserveAsync(Event(other, 2)));
    }

    [SkippableFact]
    public async Task Forgetting_somebody_unknown_finds_nothing()
    {
        var receipt = await Recommender.ForgetAsync(NewUser());
        Assert.Equal((0L, 0L, 0L), (receipt.EventsRemoved, receipt.ImpressionsRemoved, receipt.Remaining));
    }

    [SkippableFact]
    public async Task The_profile_shows_what_was_done()
    {
        var user = NewUser();
        Assert.Null(await Recommender.ProfileAsync(user));
        await ObserveAsync(Event(user, 2), Event(user, 8), Event(user, 9, InteractionType.Hide), Event(user, 1, InteractionType.Impression));
        var profile = (await Recommender.ProfileAsync(user))!;
        Assert.Equal(4, profile.Sequence);
        Assert.Equal(2, profile.Counts[InteractionType.Click]);
        Assert.Equal(["i9"], profile.Hidden);
        Assert.Equal("c2", profile.Categories[0].Name);
        Assert.Equal(["i9", "i8", "i2"], profile.Recent.Select(r => r.ItemId));
    }
}
