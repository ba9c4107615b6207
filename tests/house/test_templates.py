"""No template says anything a translator cannot reach."""

import pytest

from tools.bare_text import bare_text, blocks_in_tags
from tools.tree import ROOT

TEMPLATES = ROOT / "src" / "lingpai" / "server" / "web" / "templates"


def test_no_template_has_bare_text() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")}
    silent = blocks_in_tags(texts.values())
    assert texts, "no templates found"
    assert {name: found for name, text in texts.items() if (found := bare_text(text, silent))} == {}


def test_a_block_that_fills_an_attribute_is_no_text() -> None:
    layout = '<main class="{% block width %}{% endblock %}">{% block words %}{% endblock %}</main>'
    page = "{% block width %}wide{% endblock %}{% block words %}wide{% endblock %}"
    assert len(bare_text(page, blocks_in_tags([layout]))) == 1


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("<p>Hello</p>", id="a word"),
        pytest.param("<p>{{ name }} wants</p>", id="a word beside an expression"),
        pytest.param("<p>你好</p>", id="a Chinese word"),
        pytest.param("<img alt='Avatar'>", id="alt"),
        pytest.param("<input placeholder='Name'>", id="placeholder"),
        pytest.param("<input type=submit value=Go>", id="the label of a button"),
        pytest.param("<button aria-label='Close'>×</button>", id="aria-label"),
        pytest.param("{% if a %}yes{% endif %}", id="a word between tags of the template"),
        pytest.param("<p>&eacute;t&eacute;</p>", id="a word written with entities"),
        pytest.param("<p style='color: red'></p>", id="inline style"),
        pytest.param("<a onclick='go()'></a>", id="inline handler"),
        pytest.param("<script>go()</script>", id="inline script"),
    ],
)
def test_bare_text_is_found(template: str) -> None:
    assert len(bare_text(template)) == 1


@pytest.mark.parametrize(
    "template",
    [
        pytest.param("<p>{{ _('Hello') }}</p>", id="gettext"),
        pytest.param("{% trans name=a.name %}<b>{{ name }}</b> wants{% endtrans %}", id="trans"),
        pytest.param("{# a note #}<!-- another -->", id="comments"),
        pytest.param("<p>· – 12 &times;</p>", id="signs and numbers"),
        pytest.param("<input type=hidden name=step value=consent>", id="a hidden value"),
        pytest.param("<a lang=zh-CN>中文</a><a lang=en>English</a>", id="names of languages"),
        pytest.param("<img alt=''><script src='/static/a.js'></script>", id="empty alt, linked script"),
    ],
)
def test_what_is_no_bare_text_is_left_alone(template: str) -> None:
    assert bare_text(template) == []
