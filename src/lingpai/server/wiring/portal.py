"""The developer portal: what it decides with, and its pages."""

from collections.abc import Callable, Mapping

from lingpai.server.accounts.roles import Roles
from lingpai.server.audit import Audit
from lingpai.server.clock import Clock
from lingpai.server.config import Config
from lingpai.server.http import Handler
from lingpai.server.portal.desk import Desk
from lingpai.server.portal.in_process import AsgiApp
from lingpai.server.portal.observer import Observer
from lingpai.server.portal.reviews import Reviews
from lingpai.server.portal.sandbox import Sandbox
from lingpai.server.portal.trials import Trials
from lingpai.server.rate_limit import Throttle
from lingpai.server.registration.secrets import SecretMaker
from lingpai.server.storage.applications import Applications
from lingpai.server.storage.observations import Observations
from lingpai.server.storage.teams import Teams
from lingpai.server.tokens.catalog import Catalog
from lingpai.server.tokens.keyring import Keyring
from lingpai.server.web import portal_paths as paths
from lingpai.server.web.account_visits import AccountVisits
from lingpai.server.web.portal.application import BasicsPage, NewApplicationPage
from lingpai.server.web.portal.ending import DeletePage, EndTeamPage
from lingpai.server.web.portal.icons import IconFile
from lingpai.server.web.portal.overview import OverviewPage
from lingpai.server.web.portal.refusals import RefusalsPage
from lingpai.server.web.portal.registered import CallbacksPage, PermissionsPage, SecretsPage, TestersPage
from lingpai.server.web.portal.review import ReviewPage
from lingpai.server.web.portal.reviewers import ReviewedPage, ReviewQueuePage
from lingpai.server.web.portal.sandbox import SandboxPage
from lingpai.server.web.portal.snippets import SnippetsPage
from lingpai.server.web.portal.team import JoinPage, TeamPage
from lingpai.server.web.portal.usage import UsagePage
from lingpai.server.web.portal.visits import PortalVisits
from lingpai.server.web.showing import Showing
from lingpai.server.wiring.database import Store
from lingpai.server.wiring.people import PeopleParts

# What one developer may try within the hour: names of accounts, and mails to strangers.
_TESTERS_PER_HOUR = 60
_INVITATIONS_PER_HOUR = 20
_WINDOW_S = 3600


class PortalParts:
    """One of each."""

    def __init__(  # noqa: PLR0913 - each is one thing it uses
        self,
        *,
        config: Config,
        store: Store,
        people: PeopleParts,
        catalog: Catalog,
        secret_maker: SecretMaker,
        audit: Audit,
        keyring: Keyring,
        clock: Clock,
        app: Callable[[], AsgiApp],
    ) -> None:
        driver = store.driver
        self.config = config
        self.store = store
        self.people = people
        self.catalog = catalog
        self.audit = audit
        self.teams = Teams(driver)
        self.applications = Applications(driver)
        self.observations = Observations(driver)
        self.observer = Observer(self.observations, clock)
        self.sandbox = Sandbox(app, keyring, issuer=config.issuer)
        self.trials = Trials(self.applications)
        self.roles = Roles(driver)
        self.desk = Desk(self.applications, catalog, secret_maker, audit, config)
        self.reviews = Reviews(
            self.applications, self.teams, store.accounts, catalog, people.notices, audit, issuer=config.issuer
        )

    def throttle(self, name: str, limit: int) -> Throttle:
        """A counter over the hour."""
        return Throttle(self.store.throttles, limit=limit, window_s=_WINDOW_S, name=name)


def portal_pages(portal: PortalParts, showing: Showing) -> Mapping[tuple[str, str], Handler]:
    """(method, path) -> handler of every page for developers and reviewers."""
    visits = PortalVisits(AccountVisits(showing), portal.applications, issuer=portal.config.issuer)
    return {**_team_pages(portal, visits), **_application_pages(portal, visits), **_reviewer_pages(portal, visits)}


def _team_pages(portal: PortalParts, visits: PortalVisits) -> dict[tuple[str, str], Handler]:
    overview = OverviewPage(visits, portal.teams, portal.audit)
    team = TeamPage(
        visits,
        portal.teams,
        portal.people.post,
        portal.throttle("team-invitation", _INVITATIONS_PER_HOUR),
        portal.people.translators,
        portal.audit,
    )
    join = JoinPage(visits, portal.teams, portal.audit)
    new = NewApplicationPage(visits, portal.teams, portal.desk)
    end = EndTeamPage(visits, portal.teams, portal.audit)
    return {
        ("GET", paths.DEVELOPER): overview.get,
        ("POST", paths.DEVELOPER): overview.post,
        ("GET", paths.TEAM): team.get,
        ("POST", paths.TEAM): team.post,
        ("GET", paths.END_TEAM): end.get,
        ("POST", paths.END_TEAM): end.post,
        ("GET", paths.JOIN): join.get,
        ("POST", paths.JOIN): join.post,
        ("GET", paths.NEW_APPLICATION): new.get,
        ("POST", paths.NEW_APPLICATION): new.post,
        ("GET", paths.ICON): IconFile(portal.applications).get,
    }


def _application_pages(portal: PortalParts, visits: PortalVisits) -> dict[tuple[str, str], Handler]:
    desk = portal.desk
    basics = BasicsPage(visits, desk, portal.people.pictures, portal.catalog)
    callbacks = CallbacksPage(visits, desk)
    permissions = PermissionsPage(visits, desk, portal.catalog)
    secrets = SecretsPage(visits, desk)
    throttle = portal.throttle("test-people", _TESTERS_PER_HOUR)
    testers = TestersPage(visits, desk, portal.store.accounts, throttle, portal.audit)
    review = ReviewPage(visits, desk, portal.catalog)
    usage = UsagePage(visits, portal.observations)
    sandbox = SandboxPage(visits, desk, portal.sandbox, portal.audit)
    delete = DeletePage(visits, desk)
    refusals = RefusalsPage(visits, portal.observer, portal.observations)
    return {
        ("GET", paths.APPLICATION): basics.get,
        ("POST", paths.APPLICATION): basics.post,
        ("POST", paths.ICON_UPLOAD): basics.post_icon,
        ("GET", paths.CALLBACKS): callbacks.get,
        ("POST", paths.CALLBACKS): callbacks.post,
        ("GET", paths.PERMISSIONS): permissions.get,
        ("POST", paths.PERMISSIONS): permissions.post,
        ("GET", paths.DELETE): delete.get,
        ("POST", paths.DELETE): delete.post,
        ("GET", paths.SECRETS): secrets.get,
        ("POST", paths.SECRETS): secrets.post,
        ("GET", paths.TESTERS): testers.get,
        ("POST", paths.TESTERS): testers.post,
        ("GET", paths.REVIEW): review.get,
        ("POST", paths.REVIEW): review.post,
        ("GET", paths.USAGE): usage.get,
        ("GET", paths.SNIPPETS): SnippetsPage(visits).get,
        ("GET", paths.SANDBOX): sandbox.get,
        ("POST", paths.SANDBOX): sandbox.post,
        ("GET", paths.SANDBOX_CALLBACK): sandbox.get_callback,
        ("GET", paths.REFUSALS): refusals.get,
        ("GET", paths.REFUSAL): refusals.get_one,
    }


def _reviewer_pages(portal: PortalParts, visits: PortalVisits) -> dict[tuple[str, str], Handler]:
    reviewed = ReviewedPage(visits, portal.roles, portal.applications, portal.teams, portal.reviews, portal.catalog)
    return {
        ("GET", paths.REVIEWS): ReviewQueuePage(visits, portal.roles).get,
        ("GET", paths.REVIEWED): reviewed.get,
        ("POST", paths.REVIEWED): reviewed.post,
    }
