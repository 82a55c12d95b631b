using System.Net;
using System.Text.RegularExpressions;

namespace Recs.Server.Tests.Browser;

[Collection(ShopCollection.Name)]
public sealed partial class AssetTests(Shop shop)
{
    [Fact]
    public async Task A_page_allows_nothing_inline_and_nothing_from_elsewhere()
    {
        var response = await shop.Http.GetAsync("");

        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.DoesNotMatch("<script(?![^>]* src=)", await response.Content.ReadAsStringAsync());
        Assert.DoesNotMatch("<[^>]+ style=", await response.Content.ReadAsStringAsync());
        Assert.DoesNotMatch("<[^>]+ on[a-z]+=", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Assets_are_kept_for_ever_under_their_hash_and_for_no_time_under_another()
    {
        var html = await shop.Http.GetStringAsync("");
        var addresses = Address().Matches(html).Select(m => m.Value).ToArray();
        Assert.Equal(3, addresses.Length);
        foreach (var address in addresses)
        {
            var kept = await shop.Http.GetAsync(address);
            Assert.Equal("public, max-age=31536000, immutable", kept.Headers.GetValues("Cache-Control").Single());

            using var again = new HttpRequestMessage(HttpMethod.Get, address);
            again.Headers.IfNoneMatch.Add(kept.Headers.ETag!);
            Assert.Equal(HttpStatusCode.NotModified, (await shop.Http.SendAsync(again)).StatusCode);

            var other = await shop.Http.GetAsync(Address().Replace(address, "assets/000000000000/$1"));
            Assert.Equal("no-cache", other.Headers.GetValues("Cache-Control").Single());
            Assert.Equal(kept.Headers.ETag, other.Headers.ETag);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await shop.Http.GetAsync("assets/000000000000/none.js")).StatusCode);
    }

    [Theory]
    [InlineData("shop/for-you", HttpStatusCode.BadRequest)]
    [InlineData("shop/for-you?user=%20", HttpStatusCode.BadRequest)]
    [InlineData("shop/for-you?user=u&after=x", HttpStatusCode.BadRequest)]
    [InlineData("shop/for-you?user=u&after=999", HttpStatusCode.BadRequest)]
    [InlineData("shop/for-you?user=u&filter=price%20%3C", HttpStatusCode.BadRequest)]
    [InlineData("shop/item?id=no-such-item", HttpStatusCode.NotFound)]
    [InlineData("shop/why?user=u&item=i&shelf=cellar", HttpStatusCode.BadRequest)]
    public async Task A_fragment_refuses_with_problem_details(string address, HttpStatusCode status)
    {
        var response = await shop.Http.GetAsync(address);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [GeneratedRegex("assets/[0-9a-f]{12}/([a-z.-]+)")]
    private static partial Regex Address();
}
