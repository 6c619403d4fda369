using System.Text;
using Pqf.Nets.Coco;
using Pqf.Nets.Masks;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Boxes;
using Pqf.Testing;
using Xunit;

namespace Pqf.Nets.Tests.Coco;

public class CocoReaderTests
{
    const string Images =
        """[{"id": 9, "file_name": "b.jpg", "height": 4, "width": 5, "license": {"id": [1, 2]}}, {"id": 7, "height": 2, "width": 3, "file_name": "a.jpg"}]""";
    const string Categories = """[{"id": 90, "name": "toothbrush", "supercategory": "indoor"}, {"id": 3, "name": "car"}]""";
    const string Outlined =
        """{"id": 1, "image_id": 9, "category_id": 90, "bbox": [1, 1, 2.5, 3e0], "area": 6, "iscrowd": 0, "segmentation": [[1, 1, 3, 1, 3, 4, 1, 4]]}""";

    [Fact]
    public void Images_categories_and_objects_are_read_whatever_their_order()
    {
        var data = Read(
                $$"""{"annotations": [{{Outlined}}], "info": {"year": 2017, "list": [[], {}]}, "categories": {{Categories}}, "images": {{Images}}}"""
            )
            .Value();
        Assert.Equal([new(7, "a.jpg", 2, 3), new(9, "b.jpg", 4, 5)], data.Images);
        Assert.Equal([new(3, "car"), new(90, "toothbrush")], data.Categories);
        var annotation = Assert.Single(data.AnnotationsOf(9));
        Assert.Equal(
            (1, 9, 90, new CocoBox(1, 1, 2.5, 3), 6, false),
            (annotation.Id, annotation.ImageId, annotation.CategoryId, annotation.Box, annotation.Area, annotation.IsCrowd)
        );
        Assert.Equal(new PixelBox(1, 1, 2, 3), annotation.Segmentation.ToRle(4, 5).BoundingBox);
        Assert.Empty(data.AnnotationsOf(7));
    }

    [Theory]
    [InlineData("""{"size": [4, 5], "counts": [5, 3, 1, 3, 8]}""")]
    [InlineData("""{"counts": [5.0, 3, 1, 3, 8], "size": [4, 5]}""")]
    [InlineData("""{"size": [4, 5], "counts": "53107"}""")]
    [InlineData("[[1, 1, 3, 1, 3, 4, 1, 4]]")]
    [InlineData("[[1, 1, 2, 1, 2, 4, 1, 4], [2, 1, 3, 1, 3, 4, 2, 4]]")]
    public void A_mask_is_read_from_each_of_its_forms(string segmentation)
    {
        var data = ReadOne(
                $$"""{"id": 1, "image_id": 9, "category_id": 3, "bbox": [1, 1, 2, 3], "area": 6, "segmentation": {{segmentation}}}"""
            )
            .Value();
        Assert.Equal(new Rle(4, 5, [5, 3, 1, 3, 8]), data.AnnotationsOf(9)[0].Segmentation.ToRle(4, 5));
    }

    [Theory]
    [InlineData("""[]""")]
    [InlineData("""[[]]""")]
    public void An_object_may_have_no_mask(string segmentation)
    {
        var data = ReadOne(
                $$"""{"id": 1, "image_id": 9, "category_id": 3, "bbox": [1, 1, 2, 3], "area": 6, "segmentation": {{segmentation}}}"""
            )
            .Value();
        Assert.Equal(0, data.AnnotationsOf(9)[0].Segmentation.ToRle(4, 5).Area);
        Assert.Equal(
            0,
            ReadOne("""{"id": 1, "image_id": 9, "category_id": 3, "bbox": [1, 1, 2, 3], "area": 6}""")
                .Value()
                .AnnotationsOf(9)[0]
                .Segmentation.ToRle(4, 5)
                .Area
        );
    }

    [Theory]
    [InlineData("\"bbox\": [1, 2, 3]", "bbox: expected 4 numbers, got 3")]
    [InlineData("\"bbox\": [1, 2, 3, null]", "bbox: expected a number, got null or NaN")]
    [InlineData("\"bbox\": [1, 2, 3, 1e999]", "bbox: expected a number, got Infinity")]
    [InlineData("\"area\": \"six\"", "area: expected a number, got a text")]
    [InlineData("\"iscrowd\": \"2\"", "iscrowd: expected 0 or 1, got a text")]
    [InlineData("\"bbox\": [1, 2, 3, \"Infinity\"]", "bbox: expected a number, got a text")]
    [InlineData("\"iscrowd\": 2", "iscrowd: expected 0 or 1, got 2")]
    [InlineData("\"image_id\": 1.5", "image_id: expected a whole number, got 1.5")]
    [InlineData("\"category_id\": 4", "category_id: there is no category 4")]
    [InlineData("\"segmentation\": 5", "segmentation: expected a list of outlines, or an object with size and counts, got 5")]
    [InlineData("\"segmentation\": [[1, 2, 3]]", "segmentation: expected pairs of x and y, got 3 numbers")]
    [InlineData(
        "\"segmentation\": [[5, 6], [25, 6], [25, 31]]",
        "segmentation: expected outlines of 6 numbers or more, x and y of each corner in turn, got 2"
    )]
    [InlineData(
        "\"segmentation\": [[5, 6, 25, 31]]",
        "segmentation: expected outlines of 6 numbers or more, x and y of each corner in turn, got 4"
    )]
    [InlineData("\"bbox\": [NaN, NaN, NaN, NaN]", "bbox: expected a number, got null or NaN")]
    [InlineData("\"bbox\": [1, 2, 3, -Infinity]", "bbox: expected a number, got -Infinity")]
    [InlineData("\"segmentation\": [1, 2, 3, 4]", "segmentation: expected a list of numbers, got 1")]
    [InlineData("\"segmentation\": {\"size\": [4, 5]}", "counts: is missing")]
    [InlineData("\"segmentation\": {\"counts\": [20]}", "size: is missing")]
    [InlineData("\"segmentation\": {\"size\": [4], \"counts\": [20]}", "segmentation: expected a size of height and width")]
    [InlineData("\"segmentation\": {\"size\": [0, 4], \"counts\": [20]}", "segmentation: expected 1 … 65535 pixels, got 0")]
    [InlineData(
        "\"segmentation\": {\"size\": [4, 5], \"counts\": [21]}",
        "segmentation: counts: expected runs of 20 pixels in all for 5×4, got 21"
    )]
    [InlineData(
        "\"segmentation\": {\"size\": [4, 5], \"counts\": [21, -1]}",
        "segmentation: counts: expected whole numbers of pixels, got -1"
    )]
    [InlineData("\"segmentation\": {\"size\": [4, 5], \"counts\": \"!\"}", "segmentation: counts: character 0 is not of a run")]
    [InlineData("\"segmentation\": {\"size\": [2, 10], \"counts\": [20]}", "segmentation: expected the size of image 9, 5×4, got 10×2")]
    public void A_bad_object_is_named_with_its_key(string change, string problem)
    {
        // The last of two equal keys wins, and the number may come after what is wrong.
        string message = ReadOne($$"""{"image_id": 9, "category_id": 3, "bbox": [1, 1, 2, 3], "area": 6, {{change}}, "id": 42}""")
            .ErrorMessage();
        Assert.Contains(message, new[] { $"file.json: annotations[0] (id 42): {problem}", $"file.json: annotation 42: {problem}" });
    }

    [Theory]
    [InlineData("", "file.json: is not JSON: line 1, position 1: ends too early")]
    [InlineData("{\"images\": [", "file.json: is not JSON: ")]
    [InlineData("{\n} {}", "file.json: is not JSON: line 2, position 3")]
    [InlineData("[]", "file.json: expected an object with images, categories and annotations")]
    [InlineData("{}", "file.json: images: is missing")]
    [InlineData("{\"images\": 5}", "file.json: images: expected a list of objects, got 5")]
    [InlineData("{\"images\": [5]}", "file.json: images[0]: it: expected an object, got 5")]
    [InlineData("{\"images\": [{\"id\": 1}]}", "file.json: images[0] (id 1): file_name: is missing")]
    [InlineData(
        "{\"images\": [{\"id\": 1, \"file_name\": \"a\", \"height\": 0, \"width\": 1}]}",
        "file.json: images[0] (id 1): height: expected 1 … 65535 pixels, got 0"
    )]
    [InlineData("{\"images\": [{\"id\": \"one\"}]}", "file.json: images[0]: id: expected a whole number, got a text")]
    [InlineData("{\"images\": [],}", "file.json: is not JSON: line 1, position 15: a comma too many")]
    [InlineData("{\"images\": [{\"file_name\": \"a\", \"height\": 1, \"width\": 1}]}", "file.json: images[0]: id: is missing")]
    [InlineData(
        "{\"images\": [], \"annotations\": [], \"categories\": [{\"id\": -1, \"name\": \"x\"}]}",
        "file.json: categories[0] (id -1): id: expected 0 … 2147483647, got -1"
    )]
    [InlineData(
        "{\"images\": [], \"annotations\": [], \"categories\": [{\"id\": 1, \"name\": \"x\"}, {\"id\": 1, \"name\": \"y\"}]}",
        "file.json: categories: id 1 occurs twice"
    )]
    public void A_bad_file_says_where(string text, string message) => Assert.StartsWith(message, Read(text).ErrorMessage());

    [Theory]
    [InlineData("\"area\": NaN")]
    [InlineData("\"area\": null")]
    [InlineData("\"area\": Infinity")]
    [InlineData("\"area\": -Infinity, \"segmentation\": {}")]
    [InlineData("\"area\": \"6\", \"iscrowd\": \"0\"")]
    [InlineData("\"area\": 6, \"iscrowd\": 0.0")]
    [InlineData("\"area\": 6, \"iscrowd\": null, \"segmentation\": null")]
    [InlineData("\"iscrowd\": false, \"segmentation\": [[]]")]
    public void What_pandas_writes_is_read_where_it_does_no_harm(string keys)
    {
        var annotation = ReadOne($$"""{"id": 1, "image_id": 9, "category_id": 3, "bbox": [1, 1, 2, 3], {{keys}}}""")
            .Value()
            .AnnotationsOf(9)[0];
        Assert.Equal(6, annotation.Area);
        Assert.False(annotation.IsCrowd);
        Assert.False(annotation.HasMask);
    }

    [Theory]
    [InlineData("utf-16", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-16BE", false)]
    [InlineData("utf-8", true)]
    public void Files_in_other_encodings_are_read(string name, bool hasMark)
    {
        var encoding = System.Text.Encoding.GetEncoding(name);
        const string Text =
            """{"images": [{"id": 9, "file_name": "NaN Infinity \" é.jpg", "height": 4, "width": 5}],"""
            + """ "categories": [], "annotations": []}""";
        byte[] bytes = [.. hasMark ? encoding.GetPreamble() : [], .. encoding.GetBytes(Text)];
        Assert.Equal("NaN Infinity \" é.jpg", CocoReader.ReadInstances(new MemoryStream(bytes), "file.json").Value().Images[0].FileName);
    }

    [Fact]
    public void Numbers_may_be_written_as_texts_and_names_as_numbers()
    {
        var data = Read(
                """
                {"images": [{"id": "9", "file_name": "b.jpg", "height": "4", "width": "5.0"}], "categories": [{"id": "3", "name": 7}],
                 "annotations": [{"id": "1", "image_id": "9", "category_id": "3", "bbox": ["1", "1", "2.5", "3e0"], "iscrowd": "1"}]}
                """
            )
            .Value();
        Assert.Equal(new CocoImage(9, "b.jpg", 4, 5), Assert.Single(data.Images));
        Assert.Equal(new CocoCategory(3, "7"), Assert.Single(data.Categories));
        var annotation = Assert.Single(data.AnnotationsOf(9));
        Assert.Equal((1, 3, new CocoBox(1, 1, 2.5, 3), true), (annotation.Id, annotation.CategoryId, annotation.Box, annotation.IsCrowd));
    }

    [Theory]
    [InlineData("caf\u00E9", "is text of another encoding than UTF-8 (Windows-1252?); save the file as UTF-8")]
    [InlineData("half \\ud800", "holds half of a character of two escapes")]
    public void Text_that_is_not_Unicode_is_named_with_its_place(string name, string problem)
    {
        string text = $$"""{"images": [], "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "{{name}}"}], "annotations": []}""";
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(text));
        Assert.Equal($"file.json: categories[1] (id 2): name: {problem}", CocoReader.ReadInstances(stream, "file.json").ErrorMessage());
    }

    [Fact]
    public void Words_that_JSON_does_not_have_may_lie_anywhere_in_a_long_file()
    {
        // Read through a buffer of 64 KiB: some words lie across its end.
        string items = string.Join(
            ",",
            Enumerable
                .Range(1, 20_000)
                .Select(id => $$"""{"id": {{id}}, "image_id": 9, "category_id": 3, "bbox": [1, 1, 2, 3], "area": NaN}""")
        );
        var read = Read(
                $$"""
                {"images": [{"id": 9, "file_name": "a", "height": 4, "width": 5}], "categories": [{"id": 3, "name": "cat"}],
                "annotations": [{{items}}]}
                """
            )
            .Value();
        Assert.Equal(20_000, read.AnnotationCount);
        Assert.All(read.AnnotationsOf(9), annotation => Assert.Equal(6, annotation.Area));
    }

    [Fact]
    public void Annotations_of_images_that_are_not_listed_are_left_out_and_counted()
    {
        var read = ReadOne("""{"id": 1, "image_id": 77, "category_id": 3, "bbox": [1, 1, 2, 3], "area": 6}""").Value();
        Assert.Equal((0, 1), (read.AnnotationCount, read.UnlistedCount));
    }

    [Fact]
    public void What_was_written_is_read_again()
    {
        var truth = CocoSamples.Instances(CocoSamples.Object(1, new(10, 10, 20, 20)));
        CocoDetection[] detections =
        [
            CocoSamples.Found(0.1, new(0.1f, 1e-9, 20, 1.0 / 3)),
            CocoSamples.WithMask(CocoSamples.Found(1, new(1, 2, 3, 4))),
            CocoSamples.WithMask(CocoSamples.Found(0, new(90, 80, 10, 20))) with
            {
                Box = null,
            },
        ];
        using var stream = new MemoryStream();
        CocoWriter.WriteResults(stream, detections);
        stream.Position = 0;
        Assert.Equal(detections, CocoReader.ReadResults(stream, "file.json", truth).Value());
    }

    [Theory]
    [InlineData("""{"image_id": 8, "category_id": 3, "score": 1, "bbox": [1, 2, 3, 4]}""", "image_id: there is no image 8")]
    [InlineData("""{"image_id": 7, "category_id": -4, "score": 1, "bbox": [1, 2, 3, 4]}""", "category_id: expected 0 … 2147483647, got -4")]
    [InlineData("""{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}""", "score: is missing")]
    [InlineData("""{"image_id": 7, "category_id": 3, "score": 1}""", "bbox: is missing, and so is segmentation")]
    [InlineData(
        """{"image_id": 7, "category_id": 3, "score": 1, "segmentation": {"size": [4, 5], "counts": [20]}}""",
        "segmentation: expected the size of image 7, 100×100, got 5×4"
    )]
    public void A_bad_result_is_named_with_its_key(string result, string problem) =>
        Assert.Equal(
            $"file.json: results[0]: {problem}",
            CocoReader.ReadResults(Bytes($"[{result}]"), "file.json", CocoSamples.Instances()).ErrorMessage()
        );

    [Fact]
    public void A_file_that_arrives_in_small_pieces_and_has_tokens_longer_than_the_buffer_is_read()
    {
        string points = string.Join(", ", Enumerable.Range(0, 60_000).Select(i => $"{i % 100}.{i % 7}, {i / 700}"));
        string name = new('n', 200_000);
        string text = $$"""
            {"images": [{"id": 7, "file_name": "{{name}}", "height": 100, "width": 100}], "categories": [{"id": 3, "name": "é\n"}],
             "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 1, 2, 3], "area": 6, "segmentation": [[{{points}}]]}]}
            """;
        var data = CocoReader.ReadInstances(new Trickle(Encoding.UTF8.GetBytes("\uFEFF" + text)), "file.json").Value();
        Assert.Equal((name, "é\n"), (data.Images[0].FileName, data.Categories[0].Name));
        Assert.Equal(60_000, ((CocoSegmentation.Outlines)data.AnnotationsOf(7)[0].Segmentation).Polygons[0].VertexCount);
    }

    [Fact]
    public void Memory_follows_what_is_kept_not_the_length_of_the_file()
    {
        // 40 MB of which next to nothing is kept.
        var head = Encoding.UTF8.GetBytes("{\"images\": [], \"categories\": [], \"annotations\": [], \"rest\": [0");
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(
            0,
            CocoReader
                .ReadInstances(
                    new Repeating(head, Encoding.UTF8.GetBytes(", {\"key\": [1.5, \"text\"]}"), 1_600_000, Encoding.UTF8.GetBytes("]}")),
                    "file.json"
                )
                .Value()
                .AnnotationCount
        );
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    static Result<CocoInstances, PqfError> ReadOne(string annotation) =>
        Read($$"""{"images": {{Images}}, "categories": {{Categories}}, "annotations": [{{annotation}}]}""");

    static Result<CocoInstances, PqfError> Read(string text) => CocoReader.ReadInstances(Bytes(text), "file.json");

    static MemoryStream Bytes(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>Gives 1000 bytes at a time.</summary>
    sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1000)]);
    }

    /// <summary>A long file that never stands in memory.</summary>
    sealed class Repeating(byte[] head, byte[] part, int count, byte[] tail) : MemoryStream(head)
    {
        int next;
        ReadOnlyMemory<byte> current;

        public override int Read(Span<byte> buffer)
        {
            int read = base.Read(buffer);
            if (read > 0)
                return read;
            if (current.IsEmpty && next <= count)
                current = next++ < count ? part : tail;
            read = Math.Min(current.Length, buffer.Length);
            current.Span[..read].CopyTo(buffer);
            current = current[read..];
            return read;
        }
    }
}
