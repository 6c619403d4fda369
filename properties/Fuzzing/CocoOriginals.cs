using System.Text.Json;
using Pqf.Nets.Masks;

namespace Pqf.Properties.Fuzzing;

/// <summary>Small whole files of COCO instances, one for each form of a mask.</summary>
static class CocoOriginals
{
    public static IReadOnlyList<byte[]> All { get; } =
    [
        File(new[] { new[] { 1, 2, 10.25, 2, 10, 12.5 }, [3, 3, 9, 9, 3, 9] }),
        File(new { size = new[] { 20, 30 }, counts = new[] { 200, 100, 300 } }),
        File(new { size = new[] { 20, 30 }, counts = RleText.Encode(new(20, 30, [200, 100, 300])) }),
    ];

    static byte[] File(object segmentation) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                info = new { year = 2017 },
                images = new[]
                {
                    new
                    {
                        id = 7,
                        file_name = "a.jpg",
                        height = 20,
                        width = 30,
                    },
                },
                categories = new[] { new { id = 3, name = "car" } },
                annotations = new[]
                {
                    new
                    {
                        id = 1,
                        image_id = 7,
                        category_id = 3,
                        bbox = new[] { 1.5, 2, 10, 12 },
                        area = 100,
                        iscrowd = 1,
                        segmentation,
                    },
                },
            }
        );
}
