using System.Text;
using Recs.Training.Import;

namespace Recs.Training.Tests.Import;

public sealed class EventFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_are_found_by_their_usual_names_and_every_time_format_means_the_same_instant()
    {
        var run = new ImportRun();
        var path = _folder.Write("events.csv",
            """
            Timestamp,visitorid,EVENT,item_id,rating,price
            2020-01-02T03:04:05Z,u1,add_to_cart,a,,
            2020-01-02 05:04:05+02:00,u1,transaction,a,,9.50
            1577934245,u2,view,b,2.5,7
            1577934245000,u2,rating,b,4.5,
            """);
        var report = run.Events(path);

        Assert.Equal(4, report.EventsAccepted);
        Assert.Equal(2, report.ItemsCreated);
        Assert.Equal(0, report.RejectedRows);
        Assert.All(run.Target.Events, e => Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1577934245), e.Timestamp));
        Assert.Equal(
            [InteractionType.AddToCart, InteractionType.Purchase, InteractionType.View, InteractionType.Rating],
            run.Target.Events.Select(e => e.Type));
        Assert.Equal([null, 9.5, null, null], run.Target.Events.Select(e => e.Revenue));
        Assert.Equal([null, null, 2.5, 4.5], run.Target.Events.Select(e => e.Weight));
    }

    [Fact]
    public void Json_lines_and_tab_separated_rows_carry_the_same_events()
    {
        var json = new ImportRun();
        json.Events(_folder.Write("e.jsonl",
            "{\"userId\":\"u\",\"itemId\":7,\"type\":\"click\",\"timestamp\":1577934245.25,\"weight\":2,\"extra\":{\"x\":[1]}}\n\n"
            + "{\"user_id\":\"v\",\"item\":\"8\",\"type\":\"like\",\"ts\":\"2020-01-01\",\"weight\":null,\"eventId\":\"e1\",\"requestId\":\"r1\"}\n"));
        var tabs = new ImportRun();
        tabs.Events(_folder.Write("e.tsv",
            "userId\titemId\ttype\ttimestamp\tweight\teventId\trequestId\nu\t7\tclick\t1577934245.25\t2\t\t\nv\t8\tlike\t2020-01-01\t\te1\tr1\n"));

        Assert.Equal(2, json.Target.Events.Count);
        Assert.Equal(json.Target.Events, tabs.Target.Events);
        Assert.Equal("v", json.Target.Events[0].UserId);
        Assert.Equal(250, json.Target.Events[1].Timestamp!.Value.Millisecond);
    }

    [Fact]
    public void Events_arrive_by_time_and_equal_times_in_the_files_order()
    {
        var text = new StringBuilder("user,item,type,time\n");
        var random = new Random(7);
        var times = Enumerable.Range(0, 5_000).Select(_ => 1_600_000_000L + random.Next(50)).ToArray();
        for (var i = 0; i < times.Length; i++)
            text.Append($"u{i},i,view,{times[i]}\n");
        var run = new ImportRun();
        run.Events(_folder.Write("e.csv", text.ToString()));

        // LINQ's sort is stable.
        var expected = Enumerable.Range(0, times.Length).OrderBy(i => times[i]).Select(i => $"u{i}");
        Assert.Equal(expected, run.Target.Events.Select(e => e.UserId));
    }

    [Fact]
    public void Every_bad_row_is_reported_by_line_and_reason_and_only_good_rows_arrive()
    {
        var run = new ImportRun();
        var tooLong = new string('x', Limits.MaxIdLength + 1);
        var path = _folder.Write("events.csv",
            "user,item,type,time,weight,revenue,eventId\r\n"
            + "u,i,view,2020-01-01,,,\r\n"                    // 2
            + "u,i,view,2020-01-01\r\n"                       // 3 columns
            + ",i,view,2020-01-01,,,\r\n"                     // 4 no user
            + $"u,{tooLong},view,2020-01-01,,,\r\n"           // 5
            + "u,i,stare,2020-01-01,,,\r\n"                   // 6
            + "u,i,,2020-01-01,,,\r\n"                        // 7
            + "u,i,view,yesterday,,,\r\n"                     // 8
            + "u,i,view,1989-12-31,,,\r\n"                    // 9
            + "u,i,view,2026-06-01T12:11:00Z,,,\r\n"          // 10 eleven minutes ahead
            + "u,i,view,2020-01-01,heavy,,\r\n"               // 11
            + "u,i,view,2020-01-01,101,,\r\n"                 // 12
            + "u,i,rating,2020-01-01,5.5,,\r\n"               // 13
            + "u,i,rating,2020-01-01,,,\r\n"                  // 14
            + "u,i,purchase,2020-01-01,,-1,\r\n"              // 15
            + "u,\"i\"x,view,2020-01-01,,,\r\n"               // 16
            + "u,i,view,2020-01-01,,,a\u0001b\r\n"            // 17
            + "u,i\0,view,2020-01-01,,,\r\n"                  // 18
            + "u,i,view,2020-01-01,NaN,,\r\n"                 // 19
            + "\r\n"
            + "u,\"i\r\nj\",view,2020-01-01,,,\r\n"           // 21, 22: a line break in an id
            + "u,\"i, \"\"k\"\"\",view,2026-06-01T12:09:00Z,100,,\r\n"); // 23
        var report = run.Events(path);

        Assert.Equal(
            [
                "3 columns", "4 userId", "5 itemId", "6 type", "7 type", "8 timestamp", "9 timestamp", "10 timestamp",
                "11 weight", "12 weight", "13 weight", "14 weight", "15 revenue", "16 quoting", "17 eventId", "18 encoding",
                "19 weight", "21 itemId",
            ],
            run.Bad);
        Assert.Equal(18, report.RejectedRows);
        Assert.Equal(5, report.Rejected["weight"]);
        Assert.Equal(["i", "i, \"k\""], run.Target.Events.Select(e => e.ItemId));
    }

    [Fact]
    public void An_unclosed_quote_costs_its_own_line_only()
    {
        var run = new ImportRun();
        run.Events(_folder.Write("e.csv", "user,item,type,time\nu1,a,view,2020-01-01\nu2,\"b,view,2020-01-01\nu3,c,view,2020-01-01\n"));
        Assert.Equal(["3 quoting"], run.Bad);
        Assert.Equal(["u1", "u3"], run.Target.Events.Select(e => e.UserId));
    }

    [Fact]
    public void A_row_past_the_bound_is_passed_over_and_the_next_one_read()
    {
        var run = new ImportRun();
        var atBound = "u1,a,view,2020-01-01,".PadRight(ImportLimits.MaxRowBytes, 'x');
        run.Events(_folder.Write("e.csv", $"user,item,type,time,note\n{atBound}\n{atBound}y\n{atBound}{atBound}{atBound}\nu4,d,view,2020-01-01,\n"));
        Assert.Equal(["3 too long", "4 too long"], run.Bad);
        Assert.Equal(["u1", "u4"], run.Target.Events.Select(e => e.UserId));
    }

    [Fact]
    public void Invalid_utf8_costs_its_row_and_a_named_encoding_reads_it()
    {
        byte[] content = [.. "user,item,type,time\nu,caf"u8, 0xE9, .. ",view,2020-01-01\nu,tea,view,2020-01-01"u8];
        var path = _folder.Write("e.csv", content);
        var run = new ImportRun();
        run.Events(path);
        Assert.Equal(["2 encoding"], run.Bad);
        Assert.Equal(["tea"], run.Target.Events.Select(e => e.ItemId));

        var latin = new ImportRun();
        latin.Events(path, o => o with { Format = FileFormat.Choose(path, encoding: "latin1") });
        Assert.Equal(["café", "tea"], latin.Target.Events.Select(e => e.ItemId));
    }

    [Fact]
    public void Byte_order_marks_are_no_part_of_the_first_column()
    {
        const string Content = "user,item,type,time\nü,i,view,2020-01-01\n";
        foreach (var encoding in new Encoding[] { new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode })
        {
            var run = new ImportRun();
            run.Events(_folder.Write("e.csv", Content, encoding));
            Assert.Equal("ü", Assert.Single(run.Target.Events).UserId);
        }
    }

    [Fact]
    public void A_zipped_copy_is_the_same_import_as_the_plain_file()
    {
        const string Content = "user,item,type,time\nu,i,view,2020-01-01\n";
        var run = new ImportRun();
        var plain = run.Events(_folder.Write("e.csv", Content));
        var zipped = run.Events(_folder.WriteGzip("e.csv.gz", Content));
        Assert.Equal(plain.Source, zipped.Source);
        Assert.Equal((0, 1), (zipped.EventsAccepted, zipped.EventsDuplicate));
    }

    [Fact]
    public void A_damaged_archive_is_refused_whole()
    {
        var path = _folder.WriteGzip("e.csv.gz", "user,item,type,time\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"u{i * 7919 % 10007},i{i},view,2020-01-01\n")));
        var whole = File.ReadAllBytes(path);
        var run = new ImportRun();
        File.WriteAllBytes(path, whole[..(whole.Length / 2)]);
        Assert.Contains("damaged", Assert.Throws<ImportException>(() => run.Events(path)).Message);
        File.WriteAllText(path, "no archive at all");
        Assert.Contains("damaged", Assert.Throws<ImportException>(() => run.Events(path)).Message);
        Assert.Empty(run.Target.Events);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("user,thing,type,time\n", "no column for itemId; its columns are 'user', 'thing', 'type', 'time'")]
    [InlineData("user,item,type\n", "--order COLUMN")]
    [InlineData("user,item,time\n", "--type view")]
    [InlineData("user,item,item,type,time\n", "two columns for itemId")]
    [InlineData("user,item,type,time,x,X\n", "two columns named")]
    [InlineData("user,item\0,type,time\n", "the header cannot be read")]
    public void A_header_that_will_not_do_is_refused_with_what_to_do(string content, string expected)
    {
        var path = _folder.Write("e.csv", content);
        Assert.Contains(expected, Assert.Throws<ImportException>(() => new ImportRun().Events(path)).Message);
    }

    [Fact]
    public void A_header_alone_is_an_import_of_nothing()
    {
        var report = new ImportRun().Events(_folder.Write("e.csv", "user,item,type,time\n"));
        Assert.Equal((0, 0), (report.Events, report.RejectedRows));
        Assert.Null(report.FirstEvent);
    }

    [Fact]
    public void An_order_column_stands_for_times_one_second_apart()
    {
        var run = new ImportRun();
        var path = _folder.Write("e.csv", "user,item,pos\nu,c,10\nu,a,-1.5\nu,b,2\nu,x,soon\n");
        run.Events(path, o => o with { OrderColumn = "pos", DefaultType = InteractionType.View });
        Assert.Equal(["a", "b", "c"], run.Target.Events.Select(e => e.ItemId));
        Assert.Equal([-2.0, -1.0, 0.0], run.Target.Events.Select(e => (e.Timestamp!.Value - ImportRun.Now).TotalSeconds));
        Assert.Equal(["5 order"], run.Bad);

        var end = new DateTimeOffset(2003, 2, 28, 0, 0, 0, TimeSpan.Zero);
        var byLine = new ImportRun();
        byLine.Events(path, o => o with { OrderColumn = "line", DefaultType = InteractionType.View, End = end });
        Assert.Equal(["c", "a", "b", "x"], byLine.Target.Events.Select(e => e.ItemId));
        Assert.Equal(end, byLine.Target.Events[^1].Timestamp);
    }

    [Fact]
    public void A_rating_column_makes_ratings_of_rows_without_a_type_and_a_given_column_beats_its_name()
    {
        var run = new ImportRun();
        run.Events(_folder.Write("r.csv", "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n"));
        Assert.Equal((InteractionType.Rating, 2.5), (run.Target.Events[0].Type, run.Target.Events[0].Weight!.Value));

        var mapped = new ImportRun();
        mapped.Events(
            _folder.Write("m.csv", "userId,who,itemId,rating,timestamp\nx,u,i,9,2020-01-01\n"),
            o => o with
            {
                Columns = new Dictionary<string, string> { ["userId"] = "WHO", ["weight"] = "" },
                DefaultType = InteractionType.Click,
            });
        var e = Assert.Single(mapped.Target.Events);
        Assert.Equal(("u", null), (e.UserId, e.Weight));
    }

    [Fact]
    public void Strict_stops_at_the_first_bad_row_with_nothing_sent()
    {
        var run = new ImportRun(strict: true);
        var path = _folder.Write("e.csv", "user,item,type,time\nu,i,view,2020-01-01\nu,i,view,never\nu,,view,2020-01-01\n");
        Assert.Contains("line 3: timestamp was 'never'", Assert.Throws<ImportException>(() => run.Events(path)).Message);
        Assert.Empty(run.Target.Events);
        Assert.Empty(run.Target.Items);
    }

    [Fact]
    public void Unknown_items_can_be_rejected_row_by_row()
    {
        var run = new ImportRun();
        run.Items(_folder.Write("i.csv", "id,title\na,Tea\n"));
        var path = _folder.Write("e.csv", "user,item,type,time\nu,a,view,2020-01-02\nu,b,view,2020-01-01\nu,a,like,2020-01-03\n");
        var report = run.Events(path, o => o with { UnknownItems = UnknownItems.Reject });
        Assert.Equal((2L, 0, 1L), (report.EventsAccepted, report.ItemsCreated, report.Rejected["unknown item"]));
        Assert.Equal(["3 unknown item"], run.Bad);
        Assert.Equal(2, run.Events(path, o => o with { UnknownItems = UnknownItems.Reject }).EventsDuplicate);
    }

    [Fact]
    public void An_import_stopped_anywhere_and_run_again_ends_as_one_that_was_not()
    {
        var text = new StringBuilder("user,item,type,time\n");
        for (var i = 0; i < 4_321; i++)
            text.Append($"u{i % 97},i{i % 31},view,{1_600_000_000 + i * 7919 % 100_003}\n");
        var path = _folder.Write("e.csv", text.ToString());
        var whole = new ImportRun();
        whole.Events(path);

        var stopped = new ImportRun();
        for (var batches = 0; batches < 5; batches++)
        {
            stopped.Target.BatchesBeforeFailure = batches;
            Assert.Throws<RecommenderException>(() => stopped.Events(path));
        }

        stopped.Target.BatchesBeforeFailure = null;
        var rest = stopped.Events(path);
        Assert.Equal(whole.Target.Events, stopped.Target.Events);
        Assert.Equal((321L, 4_000L), (rest.EventsAccepted, rest.EventsDuplicate));
        Assert.Equal(0, stopped.Events(path).EventsAccepted);
        Assert.Equal(4_321, stopped.Target.Events.Count);
    }

    [Fact]
    public void A_row_that_was_ahead_of_the_clock_joins_at_the_end_later_on()
    {
        var path = _folder.Write("e.csv", "user,item,type,time\nu,b,view,2026-06-01T12:30:00Z\nu,a,view,2020-01-01\n");
        var run = new ImportRun(new FakeRecommender(new ImportRun.FixedTime(ImportRun.Now.AddHours(1))));
        Assert.Equal(1, run.Events(path).RejectedRows);
        var options = new EventImportOptions { Format = FileFormat.Choose(path) };
        var later = EventFile.Read(path, options, ImportRun.Now.AddHours(1), new RejectLog());
        var report = Importer.SendEventsAsync(later, UnknownItems.Create, run.Target, new RejectLog()).GetAwaiter().GetResult();
        Assert.Equal((1, 1), (report.EventsAccepted, report.EventsDuplicate));
        Assert.Equal(["a", "b"], run.Target.Events.Select(e => e.ItemId));
    }

    [Fact]
    public void An_event_takes_the_memory_that_is_stated() =>
        Assert.Equal(48, System.Runtime.CompilerServices.Unsafe.SizeOf<EventRow>());

    [Fact]
    public void Bad_json_lines_are_rejected_one_by_one_and_an_array_is_refused()
    {
        var run = new ImportRun();
        run.Events(_folder.Write("e.jsonl",
            "{\"user\":\"u\",\"item\":\"i\",\"type\":\"view\",\"time\":\"2020-01-01\"}\n"
            + "{\"user\":\"u\",\n"
            + "[1]\n"
            + "{\"user\":\"\\ud800\",\"item\":\"i\",\"type\":\"view\",\"time\":\"2020-01-01\"}\n"
            + "{\"user\":\"u\",\"user\":\"v\",\"item\":\"i\",\"type\":\"view\",\"time\":\"2020-01-01\"}\n"
            + "{\"user\":{\"id\":1},\"item\":\"i\",\"type\":\"view\",\"time\":\"2020-01-01\"}\n"
            + new string('[', 500) + "\n"));
        Assert.Equal(["2 JSON", "3 JSON", "4 JSON", "5 JSON", "6 userId", "7 JSON"], run.Bad);
        Assert.Single(run.Target.Events);
        var array = _folder.Write("a.json", "[\n{\"user\":\"u\"}\n]");
        Assert.Contains("no array", Assert.Throws<ImportException>(() => run.Events(array)).Message);
    }
}
