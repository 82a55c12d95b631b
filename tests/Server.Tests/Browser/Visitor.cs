using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Recs.Server.Tests.Browser;

/// <summary>
/// Somebody looking at the pages in a browser of their own. Leaving fails when the browser complained: a script
/// error, a refused resource, a policy violation, an answer of 400 or above that the test did not expect.
/// </summary>
public sealed class Visitor : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();

    public Visitor(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            // What the server refused is counted by its answer below.
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
                _complaints.Enqueue($"console: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"script: {error}");
        page.Response += (_, response) =>
        {
            if (response.Status >= 400) _complaints.Enqueue($"{response.Status} {response.Url}");
        };
    }

    public IPage Page { get; }

    public ILocator ForYou => Page.Locator("[data-slot=for-you] .card[data-item]");

    public ILocator Sheet => Page.Locator("#sheet");

    /// <summary>Ids of "For you" in order, once it is there.</summary>
    public async Task<string[]> ListAsync()
    {
        await ForYou.First.WaitForAsync();
        return await ForYou.EvaluateAllAsync<string[]>("cards => cards.map(card => card.dataset.item)");
    }

    /// <summary>Presses a button of a card and waits until the changed list is announced; returns the shown milliseconds.</summary>
    public async Task<double> ActAsync(ILocator card, string action)
    {
        await Page.EvaluateAsync("delete document.getElementById('pulse').dataset.ms");
        await card.Locator($"[data-act={action}]").ClickAsync();
        await Page.Locator("#pulse[data-ms]").WaitForAsync();
        return double.Parse((await Page.Locator("#pulse").GetAttributeAsync("data-ms"))!, System.Globalization.CultureInfo.InvariantCulture);
    }

    public Task<string> IdAsync() => Page.Locator("#who-id").InnerTextAsync();

    /// <summary>Takes back the answers of a status that the test provoked; fails when there was none.</summary>
    public void Expect(int status)
    {
        var kept = _complaints.ToArray();
        var expected = kept.Where(c => c.StartsWith($"{status} ", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(expected);
        _complaints.Clear();
        foreach (var other in kept.Except(expected)) _complaints.Enqueue(other);
    }

    public async ValueTask DisposeAsync()
    {
        await Page.Context.CloseAsync();
        Assert.Empty(_complaints);
    }
}
