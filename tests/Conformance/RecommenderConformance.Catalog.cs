namespace Recs.Conformance;

public abstract partial class RecommenderConformance
{
    [SkippableFact]
    public async Task An_item_is_findable_and_a_deleted_one_gone_when_the_call_returns()
    {
        var id = $"new-{NewUser()}";
        var filter = ItemFilter.Parse($"brand = \"{id}\"");
        await Recommender.UpsertItemsAsync([new Item { Id = id, Title = "Fresh", Attributes = new Dictionary<string, AttributeValue> { ["brand"] = new AttributeValue.Text(id) } }]);
        Assert.Equal("Fresh", (await Recommender.GetItemAsync(id))!.Title);
        Assert.Equal(id, Assert.Single((await PageAsync(NewUser(), filter: filter)).Items).Id);

        Assert.True(await Recommender.DeleteItemAsync(id));
        Assert.Null(await Recommender.GetItemAsync(id));
        Assert.Empty((await PageAsync(NewUser(), filter: filter)).Items);
        Assert.False(await Recommender.DeleteItemAsync(id));
    }

    [SkippableFact]
    public async Task An_unavailable_item_is_on_no_page_but_keeps_its_history()
    {
        await Recommender.UpsertItemsAsync([MakeItem(59) with { Available = false }]);
        var page = await PageAsync(NewUser(), count: ItemCount);
        Assert.DoesNotContain(page.Items, i => i.Id == "i59");
        Assert.Equal(1, await ObserveAsync(Event(NewUser(), 59)));
    }

    [SkippableFact]
    public async Task Writing_the_same_items_again_changes_nothing()
    {
        var receipt = await Recommender.UpsertItemsAsync([MakeItem(10), MakeItem(11) with { Price = 99 }]);
        Assert.Equal((0, 1, 1), (receipt.Added, receipt.Replaced, receipt.Unchanged));
    }

    [SkippableFact]
    public async Task Bad_items_are_refused_whole()
    {
        var good = MakeItem(0);
        foreach (var bad in new[]
        {
            good with { Id = "" },
            good with { Id = "x\ty" },
            good with { Price = -1 },
            good with { Price = double.PositiveInfinity },
            good with { Title = new string('t', Limits.MaxTitleLength + 1) },
            good with { Categories = [.. Enumerable.Range(0, Limits.MaxCategories + 1).Select(i => $"k{i}")] },
            good with { Tags = [""] },
            good with { Attributes = new Dictionary<string, AttributeValue> { ["price"] = new AttributeValue.Number(1) } },
            good with { Attributes = new Dictionary<string, AttributeValue> { ["x"] = new AttributeValue.Number(double.NaN) } },
        })
        {
            await RefusedAsync(async () => await Recommender.UpsertItemsAsync([MakeItem(1) with { Id = "must-not-appear" }, bad]), RefusalKind.Invalid);
        }

        Assert.Null(await Recommender.GetItemAsync("must-not-appear"));
    }
}
