using Recs.Training.Import;

namespace Recs.Training.Tests.Import;

public sealed class ItemFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Other_columns_become_attributes_typed_by_their_whole_column()
    {
        var run = new ImportRun();
        run.Items(_folder.Write("items.csv",
            "sku,Name,category,tags,price,in_stock,released,colour,size,code,organic,note,created\n"
            + "a,\"Tea, \"\"green\"\"\nloose\",Food|Drink| Food,x|y,3.5,no,,red,10,007,true,,2020-01-01\n".Replace("\nloose", " loose", StringComparison.Ordinal)
            + "b,Cup,Home,,,1,2001,,9.5,12,False,long text,\n"));
        var tea = run.Target.Items["a"];
        Assert.Equal("Tea, \"green\" loose", tea.Title);
        Assert.Equal(["Food", "Drink"], tea.Categories);
        Assert.Equal(["x", "y"], tea.Tags);
        Assert.Equal((3.5, false), (tea.Price, tea.Available));
        Assert.Equal(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), tea.CreatedAt);
        Assert.Equal(new AttributeValue.Text("red"), tea.Attributes["colour"]);
        Assert.Equal(new AttributeValue.Number(10), tea.Attributes["size"]);
        Assert.Equal(new AttributeValue.Text("007"), tea.Attributes["code"]);
        Assert.Equal(new AttributeValue.Flag(true), tea.Attributes["organic"]);
        Assert.False(tea.Attributes.ContainsKey("note"));
        var cup = run.Target.Items["b"];
        Assert.Equal((null, true), (cup.Price, cup.Available));
        Assert.Equal(new AttributeValue.Text("12"), cup.Attributes["code"]);
        Assert.Equal(new AttributeValue.Number(2001), cup.Attributes["released"]);
    }

    [Fact]
    public void Json_keeps_its_types_and_lists()
    {
        var run = new ImportRun();
        run.Items(_folder.Write("items.jsonl",
            "{\"id\":\"a\",\"title\":\"Tea\",\"categories\":[\"Food\"],\"tags\":\"x|y\",\"price\":3,\"attributes\":{\"size\":10,\"sizes\":[\"s\",\"m\"]},\"new\":true,\"code\":\"12\",\"none\":null}\n"
            + "{\"id\":\"b\",\"deep\":{\"x\":1}}\n{\"id\":\"c\",\"categories\":[{}]}\n{\"id\":\"d\",\"price\":1e999}\n"));
        var tea = run.Target.Items["a"];
        Assert.Equal(["x", "y"], tea.Tags);
        Assert.Equal(
            [
                new("size", new AttributeValue.Number(10)), new("sizes", new AttributeValue.TextList(["s", "m"])),
                new("new", new AttributeValue.Flag(true)), new("code", new AttributeValue.Text("12")),
            ],
            tea.Attributes);
        Assert.Equal(["2 attributes", "3 JSON", "4 price"], run.Bad);
    }

    [Fact]
    public void Vectors_of_named_spaces_come_with_their_item_and_a_line_with_a_bad_one_is_left_out()
    {
        var path = _folder.Write("items.jsonl",
            "{\"id\":\"a\",\"vectors\":{\"text\":[0.5,-2,3e1],\"image\":null}}\n{\"id\":\"b\"}\n"
            + "{\"id\":\"c\",\"vectors\":{\"text\":[1,\"x\"]}}\n{\"id\":\"d\",\"vectors\":{\"text\":\"AAAA\"}}\n{\"id\":\"e\",\"vectors\":{\"text\":[1e39]}}\n"
            + "{\"id\":\"f\",\"vectors\":7}\n{\"id\":\"g\",\"vectors\":{\"text\":[" + string.Join(',', Enumerable.Repeat(1, Limits.MaxDimensions + 1)) + "]}}\n");
        var run = new ImportRun();
        run.Items(path);
        var vectors = run.Target.Items["a"].Vectors!;
        Assert.Equal([0.5f, -2f, 30f], vectors["text"].ToArray());
        Assert.True(vectors["image"].IsEmpty);
        Assert.Null(run.Target.Items["b"].Vectors);
        // A value of another kind under that name is an attribute, as ever.
        Assert.Equal(new AttributeValue.Number(7), run.Target.Items["f"].Attributes["vectors"]);
        Assert.Equal(["3 JSON", "4 JSON", "5 JSON", "7 vectors.text"], run.Bad);
        Assert.Contains(run.Rejects.First, r => r.Detail.Contains("vectors.text[1]", StringComparison.Ordinal));

        var without = new ImportRun();
        without.Items(path, o => o with { Skip = new HashSet<string> { "vectors" } });
        Assert.Empty(without.Bad);
        Assert.Equal(["a", "b", "c", "d", "e", "f", "g"], without.Target.Items.Keys.Order());
        Assert.All(without.Target.Items.Values, item => Assert.Null(item.Vectors));
    }

    [Fact]
    public void A_later_row_of_an_id_keeps_the_vectors_of_spaces_that_it_does_not_name()
    {
        var run = new ImportRun();
        run.Items(_folder.Write("items.jsonl",
            "{\"id\":\"a\",\"title\":\"Old\",\"vectors\":{\"text\":[1,2],\"image\":[3],\"sound\":[4]}}\n{\"id\":\"b\",\"vectors\":{\"text\":[5]}}\n"
            + "{\"id\":\"a\",\"vectors\":{\"image\":[6],\"sound\":null}}\n{\"id\":\"b\"}\n{\"id\":\"a\",\"title\":\"New\"}\n"));
        var (a, b) = (run.Target.Items["a"], run.Target.Items["b"]);
        Assert.Equal("New", a.Title);
        Assert.Equal(["image", "sound", "text"], a.Vectors!.Keys.Order());
        Assert.Equal([1f, 2f], a.Vectors["text"].ToArray());
        Assert.Equal([6f], a.Vectors["image"].ToArray());
        Assert.True(a.Vectors["sound"].IsEmpty);
        Assert.Equal([5f], Assert.Single(b.Vectors!).Value.ToArray());
    }

    [Fact]
    public void Items_over_a_bound_are_rejected_with_the_bound_and_a_column_can_be_left_out()
    {
        var run = new ImportRun();
        var path = _folder.Write("items.csv", $"id,title,description\na,A,short\nb,B,{new string('x', 900)}\nc,{new string('t', 600)},\n");
        var report = run.Items(path);
        Assert.Equal((1, 2L), (report.ItemsAdded, report.RejectedRows));
        Assert.Contains("--skip", run.Rejects.First[0].Detail);

        var skipping = new ImportRun();
        Assert.Equal(2, skipping.Items(path, o => o with { Skip = new HashSet<string> { "description" } }).ItemsAdded);
    }

    [Fact]
    public void The_last_of_several_rows_of_one_id_holds_and_the_same_file_again_changes_nothing()
    {
        var run = new ImportRun();
        var path = _folder.Write("items.csv", "id,title\na,Old\nb,B\na,New\n");
        Assert.Equal(2, run.Items(path).ItemsAdded);
        Assert.Equal("New", run.Target.Items["a"].Title);
        var again = run.Items(path);
        Assert.Equal((0, 0, 2), (again.ItemsAdded, again.ItemsReplaced, again.ItemsUnchanged));
    }

    [Fact]
    public void Strict_sends_no_item_when_any_row_is_bad()
    {
        var run = new ImportRun(strict: true);
        var path = _folder.Write("items.csv", "id,price\na,1\nb,cheap\n");
        Assert.Contains("line 3: price was 'cheap'", Assert.Throws<ImportException>(() => run.Items(path)).Message);
        Assert.Empty(run.Target.Items);
    }
}
