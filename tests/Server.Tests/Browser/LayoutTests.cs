namespace Recs.Server.Tests.Browser;

[Collection(ShopCollection.Name)]
public sealed class LayoutTests(Shop shop)
{
    [SkippableTheory]
    [InlineData("", 390)]
    [InlineData("", 768)]
    [InlineData("", 1440)]
    [InlineData("operator", 390)]
    [InlineData("operator", 768)]
    [InlineData("operator", 1440)]
    public async Task No_width_scrolls_sideways(string path, int width)
    {
        await using var visitor = await shop.VisitAsync(path, width);
        if (path == "") await visitor.ListAsync();
        else await visitor.Page.Locator("#live.on").WaitForAsync();

        Assert.Equal(0, await visitor.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth"));
    }

    [SkippableFact]
    public async Task Lists_arrive_where_their_places_were_kept()
    {
        await using var visitor = await shop.VisitAsync();
        await visitor.ListAsync();

        var shift = await visitor.Page.EvaluateAsync<double>(
            """
            new Promise(done => {
              let sum = 0;
              new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value; })
                .observe({ type: 'layout-shift', buffered: true });
              requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
            })
            """);

        // 0.1 is where the web's own measure begins to call a layout unstable.
        Assert.InRange(shift, 0, 0.1);
    }
}
