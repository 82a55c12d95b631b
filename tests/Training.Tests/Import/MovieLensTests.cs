using System.Text;
using Recs.Training.Import;
using Recs.Training.Import.MovieLens;

namespace Recs.Training.Tests.Import;

public sealed class MovieLensTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ml_100k_is_read_from_tabs_bars_and_latin_1()
    {
        _folder.Write("u.genre", "unknown|0\nAction|1\nComedy|2\n\n");
        _folder.Write("u.item", "1|Café Society (1995)|01-Jan-1995||http://x|0|1|1\n2|unknown||||1|0|0\n3|Late (1985)|09-Feb-1996||x|0|0|1\n", Encoding.Latin1);
        _folder.Write("u.data", "196\t1\t3\t881250949\n186\t3\t5\t891717742\n22\t1\t6\t878887116\n");
        var (data, run) = Read();
        Assert.Equal(MovieLensKind.Ml100K, data.Kind);
        var cafe = data.Items[0];
        Assert.Equal(("Café Society (1995)", "Action,Comedy"), (cafe.Title, string.Join(',', cafe.Categories)));
        Assert.Equal(new AttributeValue.Number(1995), cafe.Attributes["year"]);
        Assert.Equal(1995, cafe.CreatedAt!.Value.Year);
        Assert.Empty(data.Items[1].Categories);
        Assert.Equal(new AttributeValue.Number(1985), data.Items[2].Attributes["year"]);
        Assert.Equal(1990, data.Items[2].CreatedAt!.Value.Year);
        Assert.Equal(["3 weight"], run.Bad);
        Assert.Equal([("196", 3.0), ("186", 5.0)], Events(data).Select(e => (e.UserId, e.Weight!.Value)));
    }

    [Fact]
    public void Ml_1m_is_read_with_its_ratings_or_with_labels_in_order()
    {
        _folder.Write("movies.dat", "1::Toy Story (1995)::Animation|Children's\n2::Un élève (1990)::Drama\n", Encoding.Latin1);
        _folder.Write("events.tsv", "user_id\titem_id\tposition\tlabel\n7\t1\t2\t1\n7\t2\t0\t0\n8\t2\t1\t-1\n8\t2\t3\t2\n");
        var (data, run) = Read();
        Assert.Equal(["Animation", "Children's"], data.Items[0].Categories);
        Assert.Equal("Un élève (1990)", data.Items[1].Title);
        Assert.Equal(["5 type"], run.Bad);
        Assert.Equal(
            [("2", InteractionType.Rating, 3.0), ("2", InteractionType.View, null), ("1", InteractionType.Rating, 4.0)],
            Events(data).Select(e => (e.ItemId, e.Type, e.Weight)));
        Assert.Equal(ImportRun.Now, Events(data)[^1].Timestamp);

        _folder.Write("ratings.dat", "1::2::5::978300760\n1::1::3::978302109\n");
        Assert.Equal([("2", 5.0), ("1", 3.0)], Events(Read().Data).Select(e => (e.ItemId, e.Weight!.Value)));
    }

    [Fact]
    public void Ml_latest_brings_the_commonest_tags_and_the_links()
    {
        _folder.Write("movies.csv", "movieId,title,genres\n1,\"American President, The (1995)\",Comedy|Drama\n2,Nameless,(no genres listed)\n");
        _folder.Write("ratings.csv", "userId,movieId,rating,timestamp\n1,1,2.5,1260759144\n1,99,4,1260759145\n");
        var tags = new StringBuilder("userId,movieId,tag,timestamp\n4,1,zz top,1\n5,1,ZZ Top,1\n5,1,zz top,1\n6,1,,1\n");
        for (var i = 0; i < Limits.MaxTags; i++)
            tags.Append($"1,1,tag {i:00},1\n");
        _folder.Write("tags.csv", tags.ToString());
        _folder.Write("links.csv", "movieId,imdbId,tmdbId\n1,0112346,9087\n2,0113987,\n");
        var (data, run) = Read();
        var film = data.Items[0];
        Assert.Equal("American President, The (1995)", film.Title);
        Assert.Equal(Limits.MaxTags, film.Tags.Count);
        Assert.Equal(["zz top", "tag 00"], film.Tags.Take(2));
        Assert.Equal($"tag {Limits.MaxTags - 2:00}", film.Tags[^1]);
        Assert.Equal(new AttributeValue.Text("0112346"), film.Attributes["imdbId"]);
        Assert.Empty(data.Items[1].Categories);
        Assert.Null(data.Items[1].CreatedAt);
        Assert.Equal(["5 tag"], run.Bad);
        Assert.Equal(2, data.Events.Count);
    }

    [Fact]
    public void A_folder_that_is_none_of_them_is_refused_with_what_was_looked_for()
    {
        Assert.Contains("u.data", Assert.Throws<ImportException>(() => Read()).Message);
        Assert.Contains("no folder", Assert.Throws<ImportException>(() => MovieLensFolder.Recognise(_folder["nowhere"])).Message);
    }

    [SkippableTheory]
    [InlineData("ml-100k", 1_682, 943, 1_682, 100_000)]
    [InlineData("ml-latest-small-2016", 9_125, 671, 9_066, 100_004)]
    [InlineData("ml-1m", 3_883, 6_040, 3_416, 997_247)]
    public void The_published_folders_are_read_whole(string name, int items, int users, int rated, int events)
    {
        var rejects = new RejectLog();
        var data = MovieLensFolder.Read(TempFolder.SharedData(name), ImportRun.Now, rejects);
        Assert.Equal([], rejects.First);
        Assert.Equal((items, users, rated, events), (data.Items.Count, data.Events.UserCount, data.Events.ItemCount, data.Events.Count));
    }

    private (MovieLensData Data, ImportRun Run) Read()
    {
        var run = new ImportRun();
        return (MovieLensFolder.Read(_folder.Root, ImportRun.Now, run.Rejects), run);
    }

    private static List<Interaction> Events(MovieLensData data) => [.. Enumerable.Range(0, data.Events.Count).Select(i => data.Events[i])];
}
