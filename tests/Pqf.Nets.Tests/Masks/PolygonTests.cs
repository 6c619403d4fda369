using Pqf.Nets.Masks;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Nets.Tests.Masks;

public class PolygonTests
{
    [Fact]
    public void A_square_of_whole_pixels_covers_just_these()
    {
        var mask = new Polygon([1, 1, 3, 1, 3, 4, 1, 4]).Rasterise(5, 6);
        Assert.Equal(new PixelBox(1, 1, 2, 3), mask.BoundingBox);
        Assert.Equal(6, mask.Area);
    }

    [Theory]
    [InlineData(new double[0])]
    [InlineData(new double[] { 2, 2 })]
    [InlineData(new double[] { 1, 1, 4, 3 })]
    [InlineData(new double[] { 1, 1, 1, 1, 1, 1 })]
    [InlineData(new double[] { 1, 4, 4, 1, 1, 4 })]
    [InlineData(new[] { 7.6, 1, 9, 1, 9, 4 })]
    [InlineData(new[] { -9.0, -9, -1, -9, -1, -2 })]
    public void An_outline_without_an_inside_or_outside_of_the_image_covers_nothing(double[] points) =>
        Assert.Equal(Rle.Empty(5, 6), new Polygon(points).Rasterise(5, 6));

    [Fact]
    public void An_outline_around_the_image_covers_it_however_far_it_is()
    {
        Assert.Equal(30, new Polygon([-1, -1, 8, -1, 8, 8, -1, 8]).Rasterise(5, 6).Area);
        Assert.Equal(30, new Polygon([-1e300, -1e300, 1e300, -1e300, 1e300, 1e300, -1e300, 1e300]).Rasterise(5, 6).Area);
    }

    /// <summary>A zigzag over the whole image and back in itself, a thousand times: each time two edges more cross every column.</summary>
    [Fact]
    public void An_outline_of_many_vertices_takes_no_more_memory_than_its_image()
    {
        const int Side = 400,
            Times = 1500;
        double[] square = [0, 0, 0, Side, Side, Side, Side, 0];
        double[] points =
        [
            .. square,
            .. Enumerable.Range(0, Times).SelectMany(i => new[] { 0.0, 0.2 * (i % Side), Side, 0.2 * (i % Side), 0, 0.2 * (i % Side) }),
        ];
        long before = GC.GetAllocatedBytesForCurrentThread();

        var mask = new Polygon(points).Rasterise(Side, Side);

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(mask.Area, Side * Side * 9 / 10, Side * Side);
        Assert.InRange(allocated, 1, 4L * Side * Side); // a list of all ends would take 4.8 MB, and grow by doubling
    }

    [Fact]
    public void Outlines_of_one_object_are_joined()
    {
        Polygon[] outlines = [new([0, 0, 2, 0, 2, 2, 0, 2]), new([1, 1, 4, 1, 4, 4, 1, 4])];
        Assert.Equal(4 + 9 - 1, Polygon.Rasterise(outlines, 5, 6).Area);
        Assert.Equal(Rle.Empty(5, 6), Polygon.Rasterise([], 5, 6));
    }

    [Fact]
    public void An_outline_meets_a_rectangle_where_a_pixel_of_it_lies_there()
    {
        var key = RngKey.FromSeed(11);
        var found = new int[2];
        for (int i = 0; i < 2000; i++)
        {
            var draw = key.Fold((ulong)i);
            double[] points = [.. Enumerable.Range(0, 2 * (3 + (i % 5))).Select(j => Math.Round((draw.Uniform((ulong)j) * 14) - 3, i % 3))];
            int[] sides = [.. Enumerable.Range(100, 4).Select(j => draw.Below(4, (ulong)j))];
            var window = new PixelBox(sides[0], sides[1], 1 + sides[2], 1 + sides[3]);
            var polygon = new Polygon(points);
            var mask = polygon.Rasterise(8, 7);
            byte[] bitmap = mask.ToBitmap();
            bool expected = Enumerable
                .Range(0, 56)
                .Any(at =>
                    bitmap[at] != 0
                    && at % 7 >= window.Left
                    && at % 7 < window.Left + window.Width
                    && at / 7 >= window.Top
                    && at / 7 < window.Top + window.Height
                );
            Assert.Equal(expected, polygon.Meets(window, 8, 7));
            Assert.Equal(expected, mask.Meets(window));
            found[expected ? 1 : 0]++;
        }

        Assert.All(found, count => Assert.True(count > 200, $"drawn {count} times"));
    }

    [Fact]
    public void Outlines_of_COCO_s_files_cover_the_pixels_that_walking_along_their_edges_gives()
    {
        int count = 0;
        foreach (string file in new[] { CocoJson.GroundTruth, "data/coco-ccby/annotations/instances_train2017.json" })
        {
            var root = CocoJson.Read(file);
            var sizes = root.GetProperty("images")
                .EnumerateArray()
                .ToDictionary(
                    image => image.GetProperty("id").GetInt64(),
                    image => (Height: image.GetProperty("height").GetInt32(), Width: image.GetProperty("width").GetInt32())
                );
            foreach (
                var annotation in root.GetProperty("annotations")
                    .EnumerateArray()
                    .Where(annotation => annotation.GetProperty("iscrowd").GetInt32() == 0)
            )
            foreach (var outline in annotation.GetProperty("segmentation").EnumerateArray())
            {
                var (height, width) = sizes[annotation.GetProperty("image_id").GetInt64()];
                double[] points = outline.Doubles();
                Assert.Equal(OutlineWalk.Rasterise(points, height, width), new Polygon(points).Rasterise(height, width));
                count++;
            }
        }

        Assert.Equal(1033, count);
    }

    [Fact]
    public void Random_outlines_cover_the_pixels_that_walking_along_their_edges_gives()
    {
        for (int i = 0; i < 500; i++)
        {
            var key = RngKey.FromSeed(i);
            int height = 1 + key.Below(40, 0),
                width = 1 + key.Below(40, 1);
            double[] points =
            [
                .. Enumerable
                    .Range(0, 2 * key.Below(9, 2))
                    .Select(j => Math.Round((key.Uniform((ulong)j + 3) * 60) - 10, key.Below(4, (ulong)i))),
            ];
            Assert.Equal(OutlineWalk.Rasterise(points, height, width), new Polygon(points).Rasterise(height, width));
        }
    }

    [Fact]
    public void Half_a_point_or_one_at_infinity_breaks_the_contract()
    {
        Assert.Equal(
            "Polygon: expected pairs of x and y, got 5 numbers",
            Assert.Throws<ShapeException>(() => new Polygon([1, 2, 3, 4, 5])).Message
        );
        Assert.Equal(
            "Polygon: expected finite numbers, got NaN",
            Assert.Throws<ShapeException>(() => new Polygon([1, double.NaN])).Message
        );
    }
}
