"""Whose albums there are and what is in them. Owns the data; leaves who may see it to ``app``."""

from msgspec import Struct

Text = dict[str, str]
"""The same words in each language: ``en``, ``zh-CN``."""


class Photo(Struct, frozen=True):
    """One picture: ``id`` is also its file name in ``pictures/``, without ``.jpg``."""

    id: str
    caption: Text
    description: Text
    """For those who cannot see it."""
    width: int
    height: int


class Album(Struct, frozen=True):
    """Some pictures of one person."""

    id: str
    owner: str
    """The user name of the person it belongs to."""
    title: Text
    photos: tuple[Photo, ...]
    about: str = ""
    created_at: int = 1_201_268_600


ALBUMS = (
    Album(
        "summer-palace",
        "zhangsan",
        {"en": "A day at the Summer Palace", "zh-CN": "颐和园的一天"},
        (
            Photo(
                "pagoda",
                {"en": "The tower above Kunming Lake", "zh-CN": "昆明湖上的佛香阁"},
                {
                    "en": "A tall tower with four tiled roofs, a wide lake behind it",
                    "zh-CN": "四层屋檐的高阁，身后是宽阔的湖面",
                },
                640,
                427,
            ),
            Photo(
                "dahlia",
                {"en": "A dahlia by the wall", "zh-CN": "墙边的大丽花"},
                {"en": "An orange dahlia in full bloom before dark leaves", "zh-CN": "深色叶丛前盛开的橙色大丽花"},
                640,
                427,
            ),
        ),
    ),
    Album(
        "slow-sunday",
        "zhangsan",
        {"en": "Slow Sunday", "zh-CN": "慢悠悠的星期天"},
        (
            Photo(
                "cat",
                {"en": "Chelsea wants breakfast", "zh-CN": "小橘等着开饭"},
                {"en": "The face of a ginger cat with green eyes", "zh-CN": "绿眼睛的橘猫正脸"},
                451,
                300,
            ),
            Photo(
                "espresso",
                {"en": "Two espressos later", "zh-CN": "第二杯浓缩咖啡"},
                {"en": "A red cup of espresso on a wooden table", "zh-CN": "木桌上的一杯红杯浓缩咖啡"},
                600,
                400,
            ),
        ),
    ),
    Album(
        "looking-up",
        "lisi",
        {"en": "Looking up", "zh-CN": "仰望星空"},
        (
            Photo(
                "rocket",
                {"en": "An hour before the launch", "zh-CN": "发射前一小时"},
                {"en": "A white rocket on its launch pad at dusk", "zh-CN": "暮色中立在发射台上的白色火箭"},
                640,
                427,
            ),
            Photo(
                "deep-field",
                {"en": "Every dot is a galaxy", "zh-CN": "每个光点都是一个星系"},
                {"en": "Countless small galaxies on a black sky", "zh-CN": "漆黑夜空中数不清的小星系"},
                800,
                698,
            ),
            Photo(
                "astronaut",
                {"en": "My hero", "zh-CN": "我的偶像"},
                {
                    "en": "A smiling astronaut in an orange suit, her helmet beside her",
                    "zh-CN": "穿橙色宇航服微笑的女宇航员，头盔放在身旁",
                },
                512,
                512,
            ),
        ),
    ),
    Album(
        "old-things",
        "lisi",
        {"en": "Old things", "zh-CN": "老物件"},
        (
            Photo(
                "coins",
                {"en": "Coins from Pompeii", "zh-CN": "庞贝古城的钱币"},
                {"en": "Four rows of worn ancient coins", "zh-CN": "四排磨损的古代钱币"},
                384,
                303,
            ),
            Photo(
                "cameraman",
                {"en": "When cameras were heavy", "zh-CN": "相机还很重的年代"},
                {
                    "en": "A man looking through a camera on a tripod, black and white",
                    "zh-CN": "黑白照片：一个人正看着三脚架上的相机",
                },
                512,
                512,
            ),
        ),
    ),
)


def albums_of(owner: str) -> tuple[Album, ...]:
    """The albums of the person with this user name; none for somebody who has not put any here."""
    return tuple(album for album in ALBUMS if album.owner == owner)


def album_of(owner: str, album_id: str) -> Album | None:
    """One album of this person; ``None`` also when it is somebody else's, so that ids cannot be probed."""
    return next((album for album in albums_of(owner) if album.id == album_id), None)
