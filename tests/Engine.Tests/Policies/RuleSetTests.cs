using System.Text;
using Recs.Engine.Policies;

namespace Recs.Engine.Tests.Policies;

public sealed class RuleSetTests
{
    [Fact]
    public void Rules_survive_being_written_and_read()
    {
        var set = Parse("""
            {"rules":[
              {"name":"front page","action":"pin","item":"i1","position":2,"surfaces":["home"]},
              {"name":"summer","action":"boost","filter":"category = \"garden\" and price < 50","factor":1.5,"from":"2026-06-01T00:00:00Z","until":"2026-09-01T00:00:00Z"},
              {"name":"old stock","action":"bury","filter":"tag = \"discontinued\""}]}
            """);
        Assert.Equal(set.Rules, RuleSetJson.Parse(RuleSetJson.Write(set)).Rules, (a, b) => a with { Surfaces = b.Surfaces } == b && a.Surfaces.SequenceEqual(b.Surfaces));
    }

    [Fact]
    public void A_rule_holds_on_its_surfaces_and_in_its_time_only()
    {
        var set = Parse("""{"rules":[{"name":"a","action":"bury","item":"x","surfaces":["home"],"from":"2026-06-01T00:00:00Z","until":"2026-07-01T00:00:00Z"}]}""");
        var june = new DateTimeOffset(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Single(set.For("home", june));
        Assert.Empty(set.For("home", june.AddTicks(-1)));
        Assert.Empty(set.For("home", june.AddMonths(1)));
        Assert.Empty(set.For("cart", june));
    }

    [Theory]
    [InlineData("""{"rules":[{"name":"a","action":"explode","item":"x"}]}""", "action")]
    [InlineData("""{"rules":[{"name":"a","action":"pin","filter":"price < 1"}]}""", "item")]
    [InlineData("""{"rules":[{"name":"a","action":"bury"}]}""", "item")]
    [InlineData("""{"rules":[{"name":"a","action":"bury","item":"x","filter":"price < 1"}]}""", "item")]
    [InlineData("""{"rules":[{"name":"a","action":"boost","item":"x","factor":0}]}""", "factor")]
    [InlineData("""{"rules":[{"name":"a","action":"pin","item":"x","position":0}]}""", "position")]
    [InlineData("""{"rules":[{"name":"a","action":"bury","item":"x"},{"name":"a","action":"bury","item":"y"}]}""", "name")]
    [InlineData("""{"rules":[{"name":"a","action":"bury","item":"x","surfaces":["no spaces"]}]}""", "surface")]
    [InlineData("""{"rules":[{"name":"a","action":"bury","item":"x","from":"2026-02-01T00:00:00Z","until":"2026-01-01T00:00:00Z"}]}""", "until")]
    public void A_bad_rule_is_refused_by_field(string json, string field) =>
        Assert.Equal(field, Assert.Throws<RecommenderException>(() => Parse(json)).Field);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"rules":[{"name":"a","action":"bury","item":"x","colour":"red"}]}""")]
    [InlineData("""{"rules":[{"name":"a","action":"bury","filter":"price <"}]}""")]
    public void What_is_no_rule_set_is_refused(string json) =>
        Assert.Equal(RefusalKind.Invalid, Assert.Throws<RecommenderException>(() => Parse(json)).Kind);

    private static RuleSet Parse(string json) => RuleSetJson.Parse(Encoding.UTF8.GetBytes(json));
}
