namespace Recs.Conformance;

public abstract partial class RecommenderConformance
{
    [SkippableFact]
    public async Task A_new_user_gets_a_full_page_of_distinct_available_items()
    {
        var page = await PageAsync(NewUser());
        Assert.Equal(20, page.Items.Count);
        Assert.Equal(20, page.Items.Select(i => i.Id).Distinct().Count());
        Assert.Equal(0, page.Sequence);
        Assert.Empty(page.Degraded);
        Assert.All(page.Items, i => Assert.NotEmpty(i.Reason));
        Assert.All(page.Items, i => Assert.NotEmpty(i.Sources));
    }

    [SkippableFact]
    public async Task The_first_click_of_a_guest_changes_the_page()
    {
        var guest = NewUser();
        var before = await PageAsync(guest);
        var clicked = before.Items[0];
        var sequence = (await Recommender.ObserveAsync([new Interaction { UserId = guest, ItemId = clicked.Id, Type = InteractionType.Click, RequestId = before.RequestId }])).Sequences[guest];
        var after = await PageAsync(guest, after: sequence);
        Assert.NotEqual(before.Items.Select(i => i.Id), after.Items.Select(i => i.Id));
    }

    [SkippableFact]
    public async Task Hidden_items_stay_away_even_when_seen_items_are_asked_for()
    {
        var user = NewUser();
        await ObserveAsync(Event(user, 3, InteractionType.Hide), Event(user, 4, InteractionType.Click));
        var page = await Recommender.RecommendAsync(new PageRequest { UserId = user, Count = ItemCount, IncludeSeen = true, Deadline = TimeSpan.FromSeconds(10) });
        Assert.DoesNotContain(page.Items, i => i.Id == "i3");
        Assert.Contains(page.Items, i => i.Id == "i4");
    }

    [SkippableFact]
    public async Task No_item_breaks_a_filter_at_any_selectivity()
    {
        var user = NewUser();
        await ObserveAsync(Event(user, 0), Event(user, 7));
        foreach (var (text, passing) in new (string, Func<int, bool>)[]
        {
            ("price <= 60", _ => true),
            ("category = \"c2\"", i => i % 6 == 2),
            ("category in (\"c1\", \"c3\") and price > 30", i => i % 6 is 1 or 3 && i + 1 > 30),
            ("not (tag = \"t1\") and price between 10 and 12", i => i % 7 != 1 && i + 1 is >= 10 and <= 12),
            ("price = 42", i => i == 41),
            ("price > 1000", _ => false),
        })
        {
            var page = await PageAsync(user, filter: ItemFilter.Parse(text), count: ItemCount);
            var expected = Enumerable.Range(0, ItemCount).Where(i => passing(i) && i is not 0 and not 7).Select(i => $"i{i}");
            Assert.Equal(expected.Order(), page.Items.Select(i => i.Id).Order());
        }
    }

    [SkippableFact]
    public async Task Excluded_ids_are_not_on_the_page_and_unknown_ones_do_no_harm()
    {
        string[] excluded = ["i1", "i2", "never-heard-of"];
        var page = await Recommender.RecommendAsync(new PageRequest { UserId = NewUser(), Count = ItemCount, Exclude = excluded, Deadline = TimeSpan.FromSeconds(10) });
        Assert.Equal(ItemCount - 2, page.Items.Count);
        Assert.DoesNotContain(page.Items, i => excluded.Contains(i.Id));
    }

    [SkippableFact]
    public async Task An_explained_page_says_what_moved_each_item_and_why_others_are_absent()
    {
        var user = NewUser();
        await ObserveAsync(Event(user, 0), Event(user, 1, InteractionType.Hide));
        var page = await Recommender.RecommendAsync(new PageRequest
        {
            UserId = user,
            Count = 5,
            Explain = true,
            Filter = ItemFilter.Parse("price < 50"),
            WhyNot = ["i0", "i1", "i55", "nowhere"],
            Deadline = TimeSpan.FromSeconds(10),
        });
        Assert.All(page.Items, item =>
        {
            Assert.NotEmpty(item.Explanation!.SourceScores);
            Assert.NotEmpty(item.Explanation.Features);
        });
        Assert.NotNull(page.Explanation);
        Assert.Equal(["session", "session", "filter", "catalog"], page.Explanation.WhyNot.Select(w => w.Stage));
        Assert.All(page.Explanation.WhyNot, w => Assert.NotEmpty(w.Detail));
    }

    [SkippableFact]
    public async Task Similar_items_never_include_the_seed_and_an_unknown_seed_is_not_found()
    {
        var page = await Recommender.SimilarAsync(new SimilarRequest { ItemId = "i6", Deadline = TimeSpan.FromSeconds(10) });
        Assert.NotEmpty(page.Items);
        Assert.DoesNotContain(page.Items, i => i.Id == "i6");
        await RefusedAsync(async () => await Recommender.SimilarAsync(new SimilarRequest { ItemId = "nowhere" }), RefusalKind.NotFound);
    }

    [SkippableFact]
    public async Task What_everybody_clicks_is_trending()
    {
        for (var i = 0; i < 40; i++)
            await ObserveAsync(Event(NewUser(), 33, InteractionType.Purchase));
        var page = await Recommender.TrendingAsync(new TrendingRequest { Count = 5, Deadline = TimeSpan.FromSeconds(10) });
        Assert.Contains(page.Items, i => i.Id == "i33");
    }

    [SkippableFact]
    public async Task Illegal_page_requests_are_refused()
    {
        var legal = new PageRequest { UserId = NewUser() };
        foreach (var bad in new[]
        {
            legal with { Count = 0 },
            legal with { Count = Limits.MaxPageSize + 1 },
            legal with { UserId = "" },
            legal with { UserId = "a\nb" },
            legal with { Surface = "" },
            legal with { Surface = "a b" },
            legal with { After = -1 },
            legal with { Exclude = [""] },
            legal with { Deadline = TimeSpan.Zero },
            legal with { Deadline = TimeSpan.FromMinutes(1) },
        })
        {
            await RefusedAsync(async () => await Recommender.RecommendAsync(bad), RefusalKind.Invalid);
        }
    }
}
