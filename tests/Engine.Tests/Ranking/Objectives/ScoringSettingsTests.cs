using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Ranking.Objectives;

namespace Recs.Engine.Tests.Ranking.Objectives;

public class ScoringSettingsTests
{
    [Fact]
    public void A_surface_takes_its_own_objective_then_the_general_one_and_clicks_alone_are_none()
    {
        var settings = Parse("""
            {"objectives":[
              {"surfaces":["cart","checkout"],"click":0,"purchase":1},
              {"surfaces":["news"],"click":5},
              {"click":1,"purchase":2,"value":0.5}]}
            """);
        Assert.Equal(new ObjectiveWeights(0, 1, 0), settings.For("checkout"));
        Assert.Null(settings.For("news"));
        Assert.Equal(new ObjectiveWeights(1, 2, 0.5), settings.For("home"));
        Assert.Null(ScoringSettings.Default.For("home"));
        Assert.Null(Parse("{}").Shadow);
        Assert.Equal(new ShadowSettings("20260101-000000-abcdef", 1), Parse("""{"shadow":{"model":"20260101-000000-abcdef"}}""").Shadow);
    }

    [Theory]
    [InlineData("""{"objectives":[{"purchase":-1}]}""", "purchase", "0 to 1000000")]
    [InlineData("""{"objectives":[{"value":1e7}]}""", "value", "0 to 1000000")]
    [InlineData("""{"objectives":[{"click":0}]}""", "click", "above 0 where purchase and value are 0")]
    [InlineData("""{"objectives":[{"surfaces":["a"]},{"surfaces":["b","a"]}]}""", "surfaces", "a surface that no earlier objective names")]
    [InlineData("""{"objectives":[{},{}]}""", "surfaces", "at most one objective without surfaces")]
    [InlineData("""{"objectives":[{"surfaces":["a b"]}]}""", "surface", "1 to 64 letters, digits, '-', '_' or '.'")]
    [InlineData("""{"objectives":[null]}""", "objective", "an object")]
    [InlineData("""{"shadow":{"model":"a","share":0}}""", "share", "above 0, at most 1")]
    [InlineData("""{"shadow":{"model":null}}""", "model", "1 to 100 letters, digits, '-', '_' and '.', not beginning with '.'")]
    [InlineData("""{"shadow":{"model":"../a"}}""", "model", "1 to 100 letters, digits, '-', '_' and '.', not beginning with '.'")]
    public void What_is_out_of_range_is_named_with_its_range(string json, string field, string legal)
    {
        var refusal = Assert.Throws<RecommenderException>(() => Parse(json));
        Assert.Equal((field, legal), (refusal.Field, refusal.Legal));
    }

    [Theory]
    [InlineData("""{"objective":[]}""")]
    [InlineData("""{"shadow":{}}""")]
    [InlineData("""{"objectives":[{"click":"much"}]}""")]
    [InlineData("null")]
    public void What_is_not_of_its_kind_is_refused(string json) =>
        Assert.Equal(RefusalKind.Invalid, Assert.Throws<RecommenderException>(() => Parse(json)).Kind);

    [Fact]
    public void The_file_is_taken_up_when_it_changes_and_a_bad_one_changes_nothing()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("recs-scoring-").FullName, "scoring.json");
        var book = new ScoringBook(file, NullLogger.Instance);
        book.Refresh();
        Assert.Same(ScoringSettings.Default, book.Current);

        File.WriteAllText(file, """{"objectives":[{"purchase":2}]}""");
        book.Refresh();
        Assert.Equal(new ObjectiveWeights(1, 2, 0), book.Current.For("home"));
        ScoringBook.SetShadow(file, new ShadowSettings("v2", 0.5));
        Touch(1);
        Assert.Equal("v2", book.ShadowModel);
        Assert.Equal(new ObjectiveWeights(1, 2, 0), book.Current.For("home"));

        File.WriteAllText(file, """{"objectives":[{"purchase":-2}]}""");
        Touch(2);
        Assert.Equal(new ObjectiveWeights(1, 2, 0), book.Current.For("home"));
        Assert.Throws<RecommenderException>(() => ScoringBook.SetShadow(file, null));

        File.Delete(file);
        book.Refresh();
        Assert.Null(book.Current.For("home"));
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

        // A file system may not tell two writes of one moment apart.
        void Touch(int minutes)
        {
            File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddMinutes(minutes));
            book.Refresh();
        }
    }

    private static ScoringSettings Parse(string json) => ScoringJson.Parse(Encoding.UTF8.GetBytes(json));
}
